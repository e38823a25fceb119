import { ResError } from "res-service"
import type { Client } from "res-service/client"
import type { AnswerOf, MethodOf, ParamsOf } from "res-service/contract"
import type { WebSocket } from "ws"
import { serviceErrors } from "../../contract/errors.ts"
import { type GroupEvent, groupCalls } from "../../contract/group-calls.ts"
import {
  type LegacyErrorCode,
  type LegacyMessage,
  legacyErrors,
  NOTHING_TRIED,
  type ServerPayloads,
} from "../../contract/legacy.ts"
import { MAX_CART_LEVELS } from "../../contract/limits.ts"
import { nestsDeeper } from "../../contract/nesting.ts"
import { isRecord } from "../../contract/record.ts"
import { multicart } from "../../contract/session.ts"
import { Resumption } from "../../contract/session-calls.ts"
import type { ClientKind } from "../../contract/session-members.ts"
import { notTried } from "../../contract/unavailable.ts"
import { occurrences } from "../../observe/occurrences.ts"
import { isUntried } from "../untried.ts"
import type { LegacySession, Participant } from "./legacy-session.ts"
import { encodeMessage, encodeUpdate, readMessage } from "./messages.ts"

/** Most messages that wait for their turn; while there are more, the client is not read. */
const MAX_WAITING = 32
/** The update for a page that may no longer see the session. */
const NOBODY = encodeUpdate(Buffer.from("[]"))
/** Most unread bytes; a client that sends requests without reading the answers is closed. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

export interface LegacySocketOptions {
  readonly cid: string
  /** The client's address, or IPv6 network, for the service's limits. */
  readonly address: string
  readonly client: Client
  /** Returns the session and keeps it open for this socket until `release`. Called at most once. */
  readonly acquire: () => LegacySession
  /** Called once, after the socket is closed, if the session was acquired. */
  readonly release: () => void
}

type Method = MethodOf<typeof multicart>

/**
 * One storefront's connection: turns its messages into calls on the session's multicart, one after the other, and sends it
 * updates from its first start, join or resume on.
 */
export class LegacySocket implements Participant {
  readonly cid: string
  readonly #webSocket: WebSocket
  readonly #address: string
  readonly #client: Client
  readonly #acquire: () => LegacySession
  #session: LegacySession | undefined
  readonly #waiting: { text: string; isText: boolean }[] = []
  #working = false
  #takesPart = false
  #closed = false
  #customerId = ""
  /** Resumes the customer here when another of its sockets closes. */
  #resumeToken: string | undefined
  /** Whether this socket speaks for the customer; false while another socket has resumed it. */
  #isSpeaking = false
  /** Nothing comes from the page, not even the answer to a ping. */
  #isQuiet = false
  /** While a reply is pending, updates wait: the reply must come first. */
  #replying = false
  /** While an update is being written, newer ones wait: a slow client gets only the newest. */
  #writing = false
  /** The page wants the session's status, too. */
  #watchesStatus = false
  /** The status that the page has. */
  #shownStatus: string | undefined

  constructor(webSocket: WebSocket, { cid, address, client, acquire, release }: LegacySocketOptions) {
    this.cid = cid
    this.#webSocket = webSocket
    this.#address = address
    this.#client = client
    this.#acquire = acquire
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#waiting.push({ text: isBinary ? "" : data.toString(), isText: !isBinary })
      if (this.#waiting.length >= MAX_WAITING) webSocket.pause()
      void this.#work()
    })
    webSocket.on("close", () => {
      this.#closed = true
      const heir = this.#isSpeaking ? this.#session?.othersOf(this).at(-1) : undefined
      if (heir === undefined) this.#disconnect()
      else void heir.speakAgain().then(() => this.#disconnect())
      if (this.#session === undefined) return
      this.#session.leave(this)
      release()
    })
  }

  get customerId(): string {
    return this.#customerId
  }

  get isQuiet(): boolean {
    return this.#isQuiet
  }

  /** While the page may be cut off, its customer is away. */
  setQuiet(isQuiet: boolean): void {
    this.#isQuiet = isQuiet
    // If the service does not get `lose`, the connection's lease ends; `keepAlive` is repeated every few seconds.
    if (this.#takesPart && this.#isSpeaking) this.#call(isQuiet ? "lose" : "keepAlive", {}).catch(() => {})
  }

  silence(): void {
    if (this.#isSpeaking) this.#tellSpeaking(false)
  }

  async speakAgain(): Promise<void> {
    const customerId = this.#customerId
    try {
      await this.#call("resume", { customerId, resumeToken: this.#resumeToken })
      if (this.#closed) this.#disconnect()
      else this.#tellSpeaking(true)
    } catch {
      // The customer is gone, or the service is away.
    }
  }

  #tellSpeaking(isSpeaking: boolean): void {
    this.#isSpeaking = isSpeaking
    this.#send(encodeMessage("speaking", { customerId: this.#customerId, isSpeaking }))
  }

  get canBeShown(): boolean {
    return this.#takesPart && !this.#replying && !this.#writing
  }

  show(update: Buffer): void {
    this.#write(update)
  }

  showStatus(): void {
    const status = this.#session?.statusMessage
    if (!this.#watchesStatus || !this.canBeShown || status === undefined || status === this.#shownStatus) return
    this.#shownStatus = status
    this.#write(status)
  }

  #write(message: Buffer | string): void {
    this.#writing = true
    this.#webSocket.send(message, { binary: false }, () => {
      this.#writing = false
      this.#showNewest()
    })
  }

  /** Sends what came while nothing could be shown: the carts first. */
  #showNewest(): void {
    this.#session?.send()
    this.showStatus()
  }

  /** Tells the page by a list without its customer. */
  shutOut(): void {
    this.#takesPart = false
    this.#webSocket.send(NOBODY, { binary: false })
  }

  /** Tells the service that the connection is gone. If that does not get through, its lease ends. */
  #disconnect(): void {
    if (this.#takesPart) this.#call("disconnect", {}).catch(() => {})
  }

  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.#closed && !this.#takesPart) continue
      if (this.#waiting.length < MAX_WAITING / 2) this.#webSocket.resume()
      const message = next.isText ? readMessage(next.text) : "legacy.notJson"
      occurrences.legacyMessage.tell(typeof message === "string" ? "invalid" : message.event)
      if (typeof message === "string") this.#refuse({ code: message, message: legacyErrors[message] })
      else await this.#carryOut(message)
    }
    this.#working = false
  }

  async #carryOut({ event, payload }: LegacyMessage): Promise<void> {
    try {
      switch (event) {
        case "startSession":
        case "joinSession":
        case "resumeSession":
          return await this.#enter(event, payload)
        case "leaveSession": {
          await this.#call("leave", { customerId: this.#customerId })
          this.#takesPart = false
          this.#open().leave(this)
          return this.#send(encodeMessage(event, {}))
        }
        case "kick":
          return await this.#call("kick", payload).then(() => {})
        case "createInvite": {
          const { invite } = await this.#call("createInvite", payload)
          return this.#send(encodeMessage(event, { invite }))
        }
        case "lookSession":
          return this.#send(encodeMessage(event, await this.#call("look", payload)))
        case "ping":
          return await this.#answerPing()
        case "watchStatus":
          this.#watchesStatus = true
          this.#open().watchStatus()
          return this.showStatus()
        case "customerReadyToCheckout":
          return await this.#setReady(payload)
        case "updateCart":
          return await this.#call(event, payload).then(() => {})
        default:
          return await this.#callForReply(event, payload)
      }
    } catch (error) {
      this.#refuseFor(event, error)
    }
  }

  async #answerPing(): Promise<void> {
    const isLive = await this.#open().isAnswered()
    this.#send(encodeMessage("ping", this.#watchesStatus ? { isLive, now: new Date().toISOString() } : { isLive }))
  }

  /** Updates wait until the reply is sent. */
  async #callForReply(event: GroupEvent, payload: unknown): Promise<void> {
    this.#replying = true
    try {
      const { n: _, ...answer } = await this.#call(groupCalls[event], payload)
      this.#send(encodeMessage(event, answer))
    } finally {
      this.#replying = false
      this.#showNewest()
    }
  }

  async #enter(event: "startSession" | "joinSession" | "resumeSession", payload: unknown): Promise<void> {
    const session = this.#open()
    this.#replying = true
    try {
      await session.ready.catch((error: unknown) => {
        throw ResError.from(error).code.startsWith("system.") ? notTried(undefined, error) : error
      })
      const { customerId, resumeToken, n } =
        event === "resumeSession"
          ? { ...(await this.#call("resume", payload)), ...Resumption.parse(payload) }
          : await this.#call(event === "startSession" ? "start" : "join", withClient(payload))
      this.#customerId = customerId
      this.#resumeToken = resumeToken
      this.#takesPart = true
      this.#isSpeaking = true
      for (const other of session.othersOf(this)) other.silence()
      if (this.#closed) return this.#disconnect() // closed while it was entering
      const isKnown = event === "resumeSession"
      this.#send(isKnown ? encodeMessage(event, { customerId }) : encodeMessage(event, { customerId, resumeToken }))
      this.#replying = false
      session.enter(this, n)
    } finally {
      this.#replying = false
    }
  }

  /** An early host gets the error, as new clients do; the service also keeps its wish, since old clients ignore errors. */
  async #setReady(payload: unknown): Promise<void> {
    const wish = { ...(payload as { readonly customerReadyToCheckout?: boolean } | undefined), keepWish: true }
    const { isReadyToCheckout } = await this.#call("customerReadyToCheckout", wish)
    if (isReadyToCheckout || wish.customerReadyToCheckout !== true) return
    const code = "session.guestsNotReady"
    this.#refuse({ code, message: serviceErrors[code], event: "customerReadyToCheckout" })
    this.#open().show(this)
  }

  /** Passes a payload on unchanged; the service validates it. */
  async #call<M extends Method>(method: M, payload: unknown): Promise<AnswerOf<typeof multicart, M>> {
    // The service would refuse it too, but a value that can be parsed may nest too deeply to be serialised.
    if (nestsDeeper(payload, MAX_CART_LEVELS + 1))
      throw new ResError("system.invalidParams", `expected a cart of at most ${MAX_CART_LEVELS} levels`)
    const params = (payload ?? {}) as ParamsOf<typeof multicart, M>
    return await this.#client.call(multicart, this.#open().parts, method, params, {
      cid: this.cid,
      remoteAddr: this.#address,
    })
  }

  #open(): LegacySession {
    this.#session ??= this.#acquire()
    return this.#session
  }

  #refuseFor(event: string, error: unknown): void {
    const { code, message, data } = ResError.from(error)
    const isOurs = code.startsWith("session.") || ["system.invalidParams", "system.tooManyRequests"].includes(code)
    const own: LegacyErrorCode = "legacy.unavailable"
    if (isOurs) this.#refuse({ code, message, event, data })
    else this.#refuse({ code: own, message: isUntried(error) ? NOTHING_TRIED : legacyErrors[own], event })
    // The client may already show the refused change.
    if (this.#takesPart) this.#open().show(this)
  }

  #refuse({ code, message, ...more }: ServerPayloads["error"]): void {
    this.#send(encodeMessage("error", this.#watchesStatus ? { code, message, ...more } : { code, message }))
  }

  #send(text: string): void {
    if (this.#webSocket.bufferedAmount > MAX_UNREAD_BYTES) {
      occurrences.slowClient.tell("legacy")
      this.#webSocket.terminate()
    } else this.#webSocket.send(text)
  }
}

/** An old client does not say on what its customer shops. */
function withClient(payload: unknown): unknown {
  const client: ClientKind = "storefront"
  return isRecord(payload) ? { client, ...payload } : payload
}
