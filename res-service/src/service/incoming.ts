import type { Conn, Msg } from "../conn.ts"
import { type ErrorObject, ResError } from "../errors.ts"
import type { Logger } from "../logger.ts"
import type { Meta } from "./request.ts"

/** The request types of RES, the first part of each request's subject. */
export const REQUEST_TYPES = ["access", "get", "call", "auth"] as const

export type RequestType = (typeof REQUEST_TYPES)[number]

/** The payload of a request; what a type has no use for is absent. */
export interface Payload {
  readonly cid: string
  readonly token: unknown
  readonly query: string
  readonly params: unknown
  readonly isHttp: boolean
  readonly header: { readonly [name: string]: readonly string[] }
  readonly host: string | undefined
  readonly remoteAddr: string | undefined
  readonly uri: string | undefined
}

/** An answer as it goes out. Source: RES-Service protocol 1.2.3, "Response". */
export type Response = { readonly meta?: Meta } & (
  | { readonly result: unknown }
  | { readonly resource: { readonly rid: string } }
  | { readonly error: ErrorObject | ResError }
)

const decoder = new TextDecoder("utf-8", { fatal: true })

/** One request as it came in, and the way back. */
export class Incoming {
  readonly type: RequestType
  readonly name: string
  /** Empty but for call and auth. */
  readonly method: string
  readonly payload: Payload
  readonly #conn: Conn
  readonly #logger: Logger
  readonly #reply: string
  #answered = false

  constructor(conn: Conn, logger: Logger, subject: Subject, payload: Payload, reply: string) {
    this.#conn = conn
    this.#logger = logger
    this.type = subject.type
    this.name = subject.name
    this.method = subject.method
    this.payload = payload
    this.#reply = reply
  }

  /** Sends the answer. Only the first one is sent; a further one is a mistake in a handler, and logged. */
  answer(response: Response): void {
    if (this.#answered) {
      this.#logger.error({ request: this.#subject }, "a request was answered twice; the second answer is dropped")
      return
    }
    this.#answered = true
    const payload = JSON.stringify(response)
    if (Buffer.byteLength(payload) > this.#conn.maxPayloadBytes) {
      const details = { request: this.#subject, limitBytes: this.#conn.maxPayloadBytes }
      this.#logger.error(details, "an answer is too large for one message")
      this.#send(JSON.stringify({ error: new ResError("system.internalError") }))
      return
    }
    this.#send(payload)
  }

  extendTimeout(timeoutMs: number): void {
    if (!this.#answered) this.#send(`timeout:"${Math.ceil(timeoutMs)}"`)
  }

  get #subject(): string {
    return [this.type, this.name, this.method].filter((part) => part !== "").join(".")
  }

  #send(payload: string): void {
    this.#logger.trace({ subject: this.#subject, payload }, "<==")
    this.#conn.publish(this.#reply, payload)
  }
}

interface Subject {
  readonly type: RequestType
  readonly name: string
  readonly method: string
}

/** Reads a request. One that is no request is answered or, when nobody waits for an answer, dropped: undefined. */
export function parseRequest(conn: Conn, logger: Logger, msg: Msg): Incoming | undefined {
  const subject = parseSubject(msg.subject)
  if (subject === undefined || msg.reply === undefined || msg.reply === "") {
    logger.debug({ subject: msg.subject }, "dropped what is no request")
    return undefined
  }
  const payload = parsePayload(msg.data)
  logger.trace({ subject: msg.subject, payload: payload && { ...payload, token: undefined, header: undefined } }, "==>")
  const request = new Incoming(conn, logger, subject, payload ?? EMPTY, msg.reply)
  if (payload !== undefined) return request
  request.answer({ error: new ResError("system.invalidRequest", "The payload is no JSON object of a RES request") })
  return undefined
}

function parseSubject(subject: string): Subject | undefined {
  const first = subject.indexOf(".")
  const type = subject.slice(0, first)
  if (type === "access" || type === "get") return { type, name: subject.slice(first + 1), method: "" }
  if (type !== "call" && type !== "auth") return undefined
  const last = subject.lastIndexOf(".")
  if (last === first) return undefined
  return { type, name: subject.slice(first + 1, last), method: subject.slice(last + 1) }
}

const EMPTY = payloadOf({})

function parsePayload(data: Uint8Array): Payload | undefined {
  if (data.length === 0) return EMPTY
  try {
    const value: unknown = JSON.parse(decoder.decode(data))
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
    return payloadOf(value as Record<string, unknown>)
  } catch {
    return undefined
  }
}

function payloadOf(value: Record<string, unknown>): Payload {
  return {
    cid: text(value.cid) ?? "",
    token: value.token ?? null,
    query: text(value.query) ?? "",
    params: value.params ?? undefined,
    isHttp: value.isHttp === true,
    header: typeof value.header === "object" && value.header !== null ? (value.header as Payload["header"]) : {},
    host: text(value.host),
    remoteAddr: text(value.remoteAddr),
    uri: text(value.uri),
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined
}
