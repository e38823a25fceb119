import { browserSocket, Memory, type SessionState, ShoppingSession, shelf } from "@shopwire/client/session"
import { useEffect, useState } from "react"

export interface SessionOptions {
  /** `https://edge.example` */
  readonly edgeUrl: string
  readonly sessionId: string
  readonly customerName: string
  /** How to enter: as the host, or as a guest. */
  readonly how: "start" | "join"
  /** An invitation from the host, for a session that nobody can join without one. */
  readonly invite?: string
  /** The edge's setting `PROTOCOL`, if it is set. */
  readonly subprotocol?: string
}

/** A shared shopping session; both are undefined before the first drawing on a page. */
export interface SharedSession {
  readonly state: SessionState | undefined
  /** Its methods: `setCart`, `setReady`, `kick`, `createInvite`, `leave`. */
  readonly session: ShoppingSession | undefined
}

/**
 * Takes part in a shared shopping session while the component is mounted. A reload of the tab comes back as the same customer; other
 * values of the options are another session.
 */
export function useSession(options: SessionOptions): SharedSession {
  const { edgeUrl, sessionId, customerName, how, invite, subprotocol } = options
  const [shared, setShared] = useState<SharedSession>(none)
  useEffect(() => {
    const memory = new Memory(
      edgeUrl,
      shelf(() => sessionStorage),
    )
    const last = memory.load()
    const session = new ShoppingSession({
      sessionId,
      customerName,
      how,
      invite,
      remembered: last?.sessionId === sessionId ? last : undefined,
      connect: (handlers) => browserSocket(edgeUrl, sessionId, subprotocol, handlers),
    })
    session.events.on("entered", (identity) => memory.save(identity))
    session.events.on("state", (state) => {
      if (state.phase === "ended") memory.clear()
      setShared({ session, state })
    })
    setShared({ session, state: session.state })
    return () => session.close()
  }, [edgeUrl, sessionId, customerName, how, invite, subprotocol])
  return shared
}

const none: SharedSession = { session: undefined, state: undefined }
