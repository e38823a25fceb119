import { isRecord } from "../../../../contract/record.ts"
import type { Socket, SocketHandlers } from "./edge-link.ts"
import { toJson } from "./json.ts"
import type { Outgoing } from "./protocol.ts"

/** How long the edge may take to answer, in ms. */
const ANSWER_MS = 10_000

/**
 * The name of the host who invites to a session, for somebody who has not joined. Undefined if the edge does not tell it: the session is
 * over, the invitation does not count any more, or the edge is too old to know the question.
 */
export function hostOf(
  connect: (handlers: SocketHandlers) => Socket,
  invite: string | undefined,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (host?: string): void => {
      clearTimeout(timer)
      resolve(host)
      socket.close()
    }
    const timer = setTimeout(end, ANSWER_MS)
    const question: Outgoing = { event: "lookSession", payload: { invite } }
    const socket = connect({
      onOpen: () => socket.send(toJson(question)),
      onFrame: (frame) => end(hostIn(frame)),
      onClose: () => end(),
    })
  })
}

function hostIn(frame: unknown): string | undefined {
  try {
    const message: unknown = JSON.parse(String(frame))
    if (!isRecord(message) || message.event !== "lookSession" || !isRecord(message.payload)) return undefined
    return typeof message.payload.host === "string" ? message.payload.host : undefined
  } catch {
    return undefined
  }
}
