import type { Cache } from "../client/cache.ts"
import { Fields } from "../client/decode.ts"
import { type AccessAnswer, type CallAnswer, decodeAccess, decodeCall, encodeRequest } from "../client/messages.ts"
import { compact } from "../client/raw-json.ts"
import type { OnAnswer, Requester, SendOptions } from "../client/requester.ts"
import type { Throttle } from "../client/throttle.ts"
import type { Conn, Subscription } from "../conn.ts"
import type { Logger } from "../logger.ts"
import { parseRid, type Rid } from "../rid.ts"
import { legacyNewAnswer } from "./legacy-new.ts"

/**
 * How many requests of one client may wait for services, and how many bytes they may have together (a single request may have
 * more). Further messages of the client stay unread, so a client that floods the gateway slows down only itself.
 */
const MAX_UNDER_WAY = 64
const MAX_BYTES_UNDER_WAY = 4 * 1024 * 1024

/** What all connections use to reach services. */
export interface ServiceRequestsHost {
  readonly conn: Conn
  readonly cache: Cache
  readonly requester: Requester
  readonly log: Logger
}

/** The client for which requests are sent. */
export interface Requestor {
  readonly cid: string
  /** What auth requests tell about the client's HTTP request: members of a JSON object, as text without braces. */
  readonly http: string
  /** Runs `task` in the connection's queue; false when the connection has ended. */
  run(task: () => void): boolean
}

/**
 * Sends requests to services for one client, with the client's cid and token. Answers arrive in the connection's queue, and not
 * at all after the connection has ended.
 *
 * Source: RES-Service protocol 1.2.3, "Requests", "Connection events".
 */
export class ServiceRequests {
  /** True until the client has become a WebSocket. */
  isHttp = true
  /** Called after each answer. */
  onAnswer: (() => void) | undefined
  /** Called before each call. */
  onCall: (() => void) | undefined
  readonly #host: ServiceRequestsHost
  readonly #client: Requestor
  #token: string | undefined
  #tokenId = ""
  #underWay = 0
  #bytesUnderWay = 0
  /**
   * Lets services check whether a client that has called them is still connected: NATS tells them at once if nobody listens.
   * Resgate's connections listen on `conn.<cid>.>` from the start, and until they end.
   */
  #signOfLife: Subscription | undefined

  constructor(host: ServiceRequestsHost, client: Requestor) {
    this.#host = host
    this.#client = client
  }

  /** True while this client may send no more requests. */
  get isBusy(): boolean {
    return this.#underWay >= MAX_UNDER_WAY || this.#bytesUnderWay >= MAX_BYTES_UNDER_WAY
  }

  /** Splits a rid, after replacing `{cid}` in it by the client's cid. */
  resource(rid: string): Rid {
    return parseRid(rid.replaceAll("{cid}", this.#client.cid))
  }

  /** `throttle`: decides when the request is sent. */
  access({ name, query }: Rid, onAnswer: (answer: AccessAnswer) => void, throttle?: Throttle): void {
    const send = (): void => {
      const payload = encodeRequest({ ...this.#identity(), query })
      const take: OnAnswer = (error, text) => {
        const answer = error ? { error } : decodeAccess(text)
        this.#client.run(() => onAnswer(answer))
        throttle?.done()
      }
      this.#send(name, `access.${name}`, payload, take, { repeatable: true })
    }
    if (throttle) throttle.add(send)
    else send()
  }

  /** `params`: JSON text. */
  call({ name, query }: Rid, method: string, params: string | undefined, onAnswer: (answer: CallAnswer) => void): void {
    const payload = encodeRequest({ ...this.#identity(), params: compact(params ?? "null"), query })
    if (!this.isHttp) this.showSignOfLife()
    this.onCall?.()
    this.#send(name, `call.${name}.${method}`, payload, (error, text) => {
      const answer = error ? { error } : decodeCall(text)
      this.#client.run(() => onAnswer(method === "new" ? legacyNewAnswer(answer) : answer))
    })
  }

  /** Lets services find the client connected. */
  showSignOfLife(): void {
    this.#signOfLife ??= this.#host.conn.subscribe(`conn.${this.#client.cid}.alive`, () => {})
  }

  /** Nothing comes from the client, so services must not find it connected. */
  hideSignOfLife(): void {
    this.#signOfLife?.unsubscribe()
    this.#signOfLife = undefined
  }

  /** `params`: JSON text; left out of the request when undefined. */
  auth(rid: string, method: string, params: string | undefined, onAnswer: (answer: CallAnswer) => void): void {
    const { name, query } = this.resource(rid)
    const payload = encodeRequest({
      ...this.#identity(),
      params: params === undefined ? undefined : compact(params),
      query,
      http: this.#client.http,
    })
    this.#send(name, `auth.${name}.${method}`, payload, (error, text) => {
      this.#client.run(() => onAnswer(error ? { error } : decodeCall(text)))
    })
  }

  /** Counts a request as under way until the returned function is called. */
  countUnderWay(bytes: number): () => void {
    this.#underWay++
    this.#bytesUnderWay += bytes
    return () => {
      this.#underWay--
      this.#bytesUnderWay -= bytes
    }
  }

  /**
   * Takes the token of a token event. Returns true if the client had a token before: then services must be asked again whether it
   * may see its resources. What was granted without a token stays. Throws for an invalid payload.
   *
   * Source: RES-Service protocol 1.2.3, "Connection token event".
   */
  takeToken(payload: string): boolean {
    const fields = Fields.parse(payload)
    const tokenId = fields.string("tid") ?? ""
    const hadToken = this.#token !== undefined
    const token = fields.raw("token")
    this.#token = token === undefined ? undefined : compact(token)
    this.#tokenId = tokenId
    return hadToken
  }

  /**
   * Sends an auth request for another token to `subject`, if the client's token is one of `tokenIds`. Source: RES-Service
   * protocol 1.2.3, "System token reset event".
   */
  resetToken(tokenIds: ReadonlySet<string>, subject: string): void {
    if (this.#tokenId === "" || !tokenIds.has(this.#tokenId)) return
    const { token, cid } = this.#identity()
    const payload = encodeRequest({ token, cid, http: this.#client.http })
    this.#host.requester.send(subject, payload, (error) => {
      if (error?.code === "system.timeout") this.#host.log.warn({ subject }, "token reset was not answered")
    })
  }

  dispose(): void {
    this.hideSignOfLife()
  }

  #identity(): { token: string | undefined; cid: string; isHttp: boolean } {
    return { token: this.#token, cid: this.#client.cid, isHttp: this.isHttp }
  }

  #send(name: string, subject: string, payload: string, onAnswer: OnAnswer, options?: SendOptions): void {
    const endCount = this.countUnderWay(payload.length)
    const take: OnAnswer = (error, text) => {
      endCount()
      onAnswer(error, text)
      this.onAnswer?.()
    }
    this.#host.cache.request(name, subject, payload, take, options)
  }
}
