import type { Conn } from "../conn.ts"
import type { Kind } from "../contract/contract.ts"
import { ResError } from "../errors.ts"
import type { Parts } from "../pattern.ts"
import { type RequestNumber, readRequestNumber } from "../request-number.ts"
import { isValidPart } from "../rid.ts"
import type { EventSender } from "./events.ts"
import type { Payload, RequestType, Target } from "./incoming.ts"
import type { NamedResource } from "./query-events.ts"
import type { Reply } from "./reply.ts"
import type { Admission, AuthRequest, Meta } from "./request.ts"
import type { RequestOrder } from "./request-order.ts"
import type { EventsOf } from "./resource.ts"
import type { TimeLimit } from "./time-limit.ts"

type Events = EventsOf<Kind, unknown>

/** What all requests of a service share. */
export interface ServedContext {
  readonly conn: Conn
  readonly order: RequestOrder
}

/** A request as its handler gets it, whatever its type. */
export class ServedRequest implements AuthRequest<string, Events> {
  readonly type: RequestType
  readonly name: string
  readonly method: string
  readonly pattern: string
  readonly parts: Parts<string>
  readonly cid: string
  readonly token: unknown
  readonly query: string
  readonly params: unknown
  readonly isHttp: boolean
  readonly header: Payload["header"]
  readonly host: string | undefined
  readonly remoteAddr: string | undefined
  readonly uri: string | undefined
  readonly natsHeader: (name: string) => string | undefined
  /** What the handler has set with `meta`. */
  answerMeta: Meta | undefined
  readonly #context: ServedContext
  readonly #reply: Reply
  readonly #limit: TimeLimit
  readonly #makeEvents: () => EventSender
  #events: EventSender | undefined

  constructor(
    context: ServedContext,
    reply: Reply,
    { type, name, method }: Target,
    { resource, parts }: NamedResource,
    payload: Payload,
    limit: TimeLimit,
    natsHeader: (name: string) => string | undefined,
    makeEvents: () => EventSender,
  ) {
    this.type = type
    this.name = name
    this.method = method
    this.pattern = resource.pattern.source
    this.parts = parts
    this.cid = payload.cid
    this.token = payload.token
    this.query = payload.query
    this.params = payload.params
    this.isHttp = payload.isHttp
    this.header = payload.header
    this.host = payload.host
    this.remoteAddr = payload.remoteAddr
    this.uri = payload.uri
    this.natsHeader = natsHeader
    this.#context = context
    this.#reply = reply
    this.#limit = limit
    this.#makeEvents = makeEvents
  }

  get events(): Events {
    this.#events ??= this.#makeEvents()
    return this.#events as Events
  }

  get requestNumber(): RequestNumber | undefined {
    return readRequestNumber(this.#reply.subject)
  }

  /** Whether `ServiceOptions.admit` is asked: all requests but gets say who sends them. */
  isAdmission(): this is Admission {
    return this.type !== "get"
  }

  // Functions of their own, since handlers may take them out of the request.

  readonly extendTimeout = (timeoutMs: number): void => this.#limit.extend(timeoutMs)

  readonly meta = (meta: Meta): void => {
    this.answerMeta = meta
  }

  readonly isOutdated = (kind = this.method): boolean =>
    this.#context.order.isOutdated(`${this.name} ${kind}`, this.#reply.subject)

  readonly setToken = (token: unknown, tid?: string): void => publishToken(this.#context.conn, this.cid, token, tid)
}

/** Sends a token event. Throws a `ResError` for an invalid connection ID: a request may contain none, or any text. */
export function publishToken(conn: Conn, cid: string, token: unknown, tid: string | undefined): void {
  if (!isValidPart(cid)) throw new ResError("system.invalidRequest", `${JSON.stringify(cid)} is not a connection ID`)
  conn.publish(`conn.${cid}.token`, JSON.stringify({ token, ...(tid === undefined ? {} : { tid }) }))
}
