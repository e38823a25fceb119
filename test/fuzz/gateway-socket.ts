import { once } from "node:events"
import fc from "fast-check"
import { WebSocket } from "ws"
import { until } from "../helpers/until.ts"
import { ANSWER_MS, type Door, defect, type Target } from "./door.ts"
import { asText, type OddCall, OWN_CUSTOMER_ID, OWN_RESUME_TOKEN, oddCall, oddText, oddValue } from "./inputs.ts"

/** A request, which must be answered; or a frame that is none. */
export type ResInput =
  | { readonly request: { readonly method: string; readonly params?: unknown } }
  | { readonly frame: string }

function requestOf(action: string, { name, query, method, params }: OddCall): ResInput {
  const rid = query === "" ? name : `${name}?${query}`
  const ending = action === "call" || action === "auth" ? `.${method}` : ""
  return { request: { method: `${action}.${rid}${ending}`, params } }
}

const inputs: fc.Arbitrary<ResInput> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom("call", "call", "call", "subscribe", "unsubscribe", "get", "auth", "new"), oddCall)
      .map(([action, call]) => requestOf(action, call)),
  },
  { weight: 1, arbitrary: fc.record({ method: oddText, params: oddValue }).map((request) => ({ request })) },
  { weight: 1, arbitrary: fc.oneof(oddValue.map(asText), oddText).map((frame) => ({ frame })) },
)

/** RES over WebSocket. A frame that is no request may close the socket, which then is opened again. */
export function gatewaySocketDoor({ gatewayUrl, auth }: Target): Door<ResInput> {
  const name = "RES at the gateway"
  let socket: WebSocket | undefined
  let last = 0
  let waiting = new Map<number, ResInput>()
  let wrong: Error | undefined
  let own = { customerId: "", resumeToken: "" }
  let isOutage = false

  const receive = (text: string): void => {
    if (auth !== undefined && text.includes(auth.secret))
      wrong = defect(name, [...waiting.values()], `showed the secret: ${text}`)
    const { id, error, result } = JSON.parse(text)
    if (result?.payload?.resumeToken !== undefined) own = result.payload
    const isDefect = error?.code === "system.internalError" || (error?.code === "system.timeout" && !isOutage)
    if (isDefect) wrong = defect(name, waiting.get(id) ?? "?", `answered ${text}`)
    waiting.delete(id)
  }
  const open = async (): Promise<WebSocket> => {
    if (socket?.readyState === WebSocket.OPEN) return socket
    socket = new WebSocket(gatewayUrl.replace("http", "ws"))
    socket.on("message", (data: Buffer) => receive(data.toString()))
    socket.on("error", () => {})
    await once(socket, "open")
    waiting = new Map()
    if (auth !== undefined) {
      const method = "auth.shopwire.auth.login"
      waiting.set(++last, { request: { method } })
      socket.send(JSON.stringify({ id: last, method, params: { token: auth.attacker } }))
      await until("the attacker's login", () => waiting.size === 0, ANSWER_MS)
    }
    return socket
  }
  const send = async (all: readonly ResInput[]): Promise<void> => {
    const current = await open()
    for (const input of all) {
      if ("frame" in input) current.send(input.frame)
      else {
        waiting.set(++last, input)
        const text = JSON.stringify({ id: last, ...input.request })
        current.send(text.replaceAll(OWN_CUSTOMER_ID, own.customerId).replaceAll(OWN_RESUME_TOKEN, own.resumeToken))
      }
    }
    try {
      await until(
        "the gateway's answers",
        () => waiting.size === 0 || current.readyState === WebSocket.CLOSED || wrong !== undefined,
        ANSWER_MS,
      )
    } catch {
      throw defect(name, [...waiting.values()], "no answer")
    }
    if (wrong !== undefined) throw wrong
  }
  return {
    name,
    inputs,
    regressions: [],
    send: async (all, duringOutage) => {
      isOutage = duringOutage
      // As with Resgate, who unsubscribes from what it still waits for gets no answer any more.
      const ends = (input: ResInput): boolean => "request" in input && input.request.method.startsWith("unsubscribe.")
      await send(all.filter((input) => "request" in input && !ends(input)))
      await send(all.filter(ends))
      // One at a time: what closes the socket is to take no other's answer with it.
      for (const input of all) if ("frame" in input) await send([input])
    },
    close: async () => {
      if (socket === undefined || socket.readyState === WebSocket.CLOSED) return
      const closed = once(socket, "close")
      socket.close()
      await closed
    },
  }
}
