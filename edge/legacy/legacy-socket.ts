import { ResError } from "res-service"
import type { Client } from "res-service/client"
import type { WebSocket } from "ws"
import type { LegacySession, Watcher } from "./legacy-session.ts"
import {
  encodeError,
  encodeMessage,
  type LegacyErrorCode,
  type LegacyMessage,
  legacyErrors,
  readMessage,
} from "./messages.ts"

/** Messages that wait while one is carried out; a client that sends more is not read for a while. */
const MAX_WAITING = 32
/** Unread bytes after which a client that asks on and on without reading is closed. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

export interface LegacySocketOptions {
  readonly cid: string
  readonly client: Client
  /** The session; kept open for this socket from its first message on until it is closed. */
  readonly session: () => LegacySession
}

/**
 * One storefront's connection: turns its messages into calls on the session's multicart, one after the other, and shows it
 * updates from its first start, join or resume on.
 */
export class LegacySocket implements Watcher {
  readonly cid: string
  readonly #webSocket: WebSocket
  readonly #client: Client
  readonly #session: () => LegacySession
  readonly #waiting: { text: string; isText: boolean }[] = []
  #working = false
  #takesPart = false
  #customerId = ""
  /** While a reply is under way, updates wait here: the reply comes first. */
  #held: { update: string | undefined } | undefined
  /** The newest update that was not sent yet, since the one before is not written yet. */
  #unsent: string | undefined
  #writing = false

  constructor(webSocket: WebSocket, { cid, client, session }: LegacySocketOptions) {
    this.cid = cid
    this.#webSocket = webSocket
    this.#client = client
    this.#session = session
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#waiting.push({ text: isBinary ? "" : data.toString(), isText: !isBinary })
      if (this.#waiting.length >= MAX_WAITING) webSocket.pause()
      void this.#work()
    })
  }

  /** Shows an update, the newest only where the client does not keep up. */
  show(update: string): void {
    if (this.#held) this.#held.update = update
    else if (this.#takesPart) this.#sendUpdate(update)
  }

  /** Tells the service that the connection is gone. */
  end(): void {
    if (!this.#takesPart) return
    // If it does not get through, the connection's lease ends.
    this.#client.call(this.#session().rid, "disconnect", {}, { cid: this.cid }).catch(() => {})
  }

  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.#waiting.length < MAX_WAITING / 2) this.#webSocket.resume()
      const message = next.isText ? readMessage(next.text) : "legacy.notJson"
      if (typeof message === "string") this.#refuse(message, legacyErrors[message])
      else await this.#carryOut(message)
    }
    this.#working = false
  }

  async #carryOut({ event, payload }: LegacyMessage): Promise<void> {
    try {
      switch (event) {
        case "startSession":
          return await this.#enter(event, "start", payload)
        case "joinSession":
          return await this.#enter(event, "join", payload)
        case "resumeSession":
          return await this.#enter(event, "resume", payload)
        case "leaveSession": {
          await this.#call("leave", { customerId: this.#customerId })
          this.#takesPart = false
          return this.#send(encodeMessage(event, {}))
        }
        case "kick":
          return await this.#call("kick", payload).then(() => {})
        case "updateCart":
        case "customerReadyToCheckout":
          return await this.#call(event, payload).then(() => {})
      }
    } catch (error) {
      this.#refuseFor(error)
    }
  }

  /** The reply first, then the update: those that come before the reply wait for it. */
  async #enter(event: string, method: "start" | "join" | "resume", payload: unknown): Promise<void> {
    const session = this.#session()
    this.#held = { update: undefined }
    session.add(this)
    try {
      await session.ready
      const result = (await this.#call(method, payload)) as { customerId?: string; resumeToken?: string }
      const customerId = result.customerId ?? (payload as { customerId: string }).customerId
      const { resumeToken } = result
      this.#customerId = customerId
      this.#takesPart = true
      this.#send(encodeMessage(event, { customerId, ...(resumeToken === undefined ? {} : { resumeToken }) }))
    } finally {
      const { update } = this.#held
      this.#held = undefined
      if (this.#takesPart) {
        if (update !== undefined) this.#sendUpdate(update)
      } else session.delete(this)
    }
  }

  #call(method: string, payload: unknown): Promise<unknown> {
    return this.#client.call(this.#session().rid, method, payload ?? {}, { cid: this.cid })
  }

  #refuseFor(error: unknown): void {
    const { code, message } = ResError.from(error)
    const isOurs = code.startsWith("session.") || code === "system.invalidParams"
    const own: LegacyErrorCode = "legacy.unavailable"
    if (isOurs) this.#refuse(code, message)
    else this.#refuse(own, legacyErrors[own])
    // The client may show already what was refused.
    if (this.#takesPart) this.#sendUpdate(this.#session().update)
  }

  #refuse(code: string, message: string): void {
    this.#send(encodeError(code, message))
  }

  #send(text: string): void {
    if (this.#webSocket.bufferedAmount > MAX_UNREAD_BYTES) this.#webSocket.terminate()
    else this.#webSocket.send(text)
  }

  // One update at a time: while it is not written, newer ones replace each other.
  #sendUpdate(update: string): void {
    if (this.#writing) {
      this.#unsent = update
      return
    }
    this.#writing = true
    this.#webSocket.send(update, () => {
      this.#writing = false
      const unsent = this.#unsent
      this.#unsent = undefined
      if (unsent !== undefined) this.#sendUpdate(unsent)
    })
  }
}
