import { randomBytes } from "node:crypto"
import type { Cache } from "../client/cache.ts"
import { Fields } from "../client/decode.ts"
import {
  type AccessAnswer,
  asResError,
  type CallAnswer,
  decodeAccess,
  decodeCall,
  encodeRequest,
} from "../client/messages.ts"
import type { Answered, Requester, SendOptions } from "../client/requester.ts"
import { SerialQueue } from "../client/serial-queue.ts"
import { Throttle } from "../client/throttle.ts"
import type { Conn, Subscription as ListenerOnNats } from "../conn.ts"
import { ResError } from "../errors.ts"
import type { Logger } from "../logger.ts"
import { parseRid } from "../rid.ts"
import { encodeUnsubscribed } from "./event-frames.ts"
import type { Frame } from "./frame.ts"
import { legacyNewAnswer } from "./legacy-new.ts"
import { dataValueVersion, latestVersion } from "./protocol-version.ts"
import { judge } from "./reference-count.ts"
import type { Reference } from "./references.ts"
import { Subscription } from "./subscription.ts"

/** So often may a connection subscribe to one resource. Source: Resgate 1.8.0, `SubscriptionCountLimit`. */
const MAX_DIRECT_SUBSCRIPTIONS = 256

/**
 * How many requests of one client services have to answer at a time, and how many bytes these may have (one request may have more).
 * Further messages of the client wait, unread: who asks without end waits for its own answers, and nobody else does.
 */
const MAX_UNDER_WAY = 64
const MAX_BYTES_UNDER_WAY = 4 * 1024 * 1024

/** What connections share. */
export interface ConnectionHost {
  readonly conn: Conn
  readonly cache: Cache
  readonly requester: Requester
  readonly log: Logger
  /** Parallel requests when following references; 0: any number. */
  readonly referenceThrottle: number
  /** Most resources that a connection may be subscribed to, not counting those that they refer to. */
  readonly maxSubscriptions: number
  readonly connections: Map<string, Connection>
  /** As `GatewayOptions.accessKeptMs`. */
  readonly accessKeptMs: number
}

/**
 * One client, or one HTTP request: its token, what it has subscribed to, and the services' view of it.
 *
 * Source: RES-Service protocol 1.2.3, "Connection ID", "Connection events".
 */
export class Connection {
  readonly cid = newCid()
  version = latestVersion
  /** JSON text of members: what auth requests tell of the HTTP request that the connection began with. */
  readonly #http: string
  readonly #host: ConnectionHost
  readonly #outlet: ((frame: Frame) => void) | undefined
  readonly #queue: SerialQueue
  readonly #subscriptions = new Map<string, Subscription>()
  /** How many of them the client has asked for itself. */
  #subscribed = 0
  #token: string | undefined
  #tokenId = ""
  #disposed = false
  /** Requests that services have to answer and calls that wait to be sent, and about how many bytes they have. */
  #underWay = 0
  #bytesUnderWay = 0
  /** Called after each answer. */
  onAnswered = (): void => {}
  /**
   * Shows services that the connection of a client that they know by its calls is still there: NATS says at once when nobody
   * listens. Resgate's connections listen on `conn.<cid>.>` from the start.
   */
  #listening: ListenerOnNats | undefined

  /** `outlet`: takes what goes to the client by itself; none for HTTP requests. */
  constructor(host: ConnectionHost, http: string, outlet?: (frame: Frame) => void) {
    this.#host = host
    this.#http = http
    this.#outlet = outlet
    this.#queue = new SerialQueue((err) => host.log.error({ err, cid: this.cid }, "connection task failed"))
    host.connections.set(this.cid, this)
  }

  get accessKeptMs(): number {
    return this.#host.accessKeptMs
  }

  /** True while services have enough of this connection's requests to answer. */
  get isBusy(): boolean {
    return this.#underWay >= MAX_UNDER_WAY || this.#bytesUnderWay >= MAX_BYTES_UNDER_WAY
  }

  get legacy(): boolean {
    return this.version < dataValueVersion
  }

  /** Runs `task` in the connection's queue; false when the connection has ended. */
  run(task: () => void): boolean {
    if (this.#disposed) return false
    this.#queue.run(task)
    return true
  }

  dispose(): void {
    this.run(() => {
      this.#disposed = true
      this.#host.connections.delete(this.cid)
      this.#listening?.unsubscribe()
      for (const subscription of this.#subscriptions.values()) subscription.dispose()
      this.#subscriptions.clear()
      this.#queue.clear()
    })
  }

  expandCid(text: string): string {
    return text.replaceAll("{cid}", this.cid)
  }

  send(frame: Frame): void {
    this.#outlet?.(frame)
  }

  sendUnsubscribed(rid: string, reason: ResError): void {
    this.send(encodeUnsubscribed(rid, reason))
  }

  // Subscriptions

  find(rid: string): Subscription | undefined {
    return this.#subscriptions.get(rid)
  }

  /** Throws `system.subscriptionLimitExceeded`. */
  subscribe(rid: string): Subscription {
    const direct = this.#subscriptions.get(rid)?.direct ?? 0
    if (direct >= MAX_DIRECT_SUBSCRIPTIONS || (direct === 0 && this.#subscribed >= this.#host.maxSubscriptions)) {
      this.#host.log.debug({ cid: this.cid, direct, subscribed: this.#subscribed }, "subscription limit exceeded")
      throw new ResError("system.subscriptionLimitExceeded", "Subscription limit exceeded")
    }
    const subscription = this.#subscriptions.get(rid) ?? this.#open(rid, undefined)
    if (direct === 0) this.#subscribed++
    subscription.direct++
    subscription.revive()
    return subscription
  }

  /** Subscribes for a resource that refers to `rid`. */
  refer(rid: string, throttle: Throttle | undefined): Subscription {
    const subscription = this.#subscriptions.get(rid) ?? this.#open(rid, throttle)
    subscription.indirect++
    subscription.revive()
    return subscription
  }

  dropDirect(subscription: Subscription, count: number): void {
    if (this.#disposed || subscription.direct === 0) return
    subscription.direct -= count
    if (subscription.direct === 0) this.#subscribed--
    this.#clean(subscription)
  }

  /** `clean`: dispose of what is not used any more. */
  dropReference(reference: Reference, clean: boolean): void {
    if (this.#disposed) return
    const { subscription } = reference
    if (subscription.indirect > 0) subscription.indirect--
    reference.isSent = false
    if (clean) this.#clean(subscription)
  }

  // Requests

  requestAccess(subscription: Subscription, isHttp: boolean, answered: (answer: AccessAnswer) => void): void {
    const { name, query } = subscription
    const payload = encodeRequest({ token: this.#token, query, cid: this.cid, isHttp })
    const received: Answered = (error, text) => answered(error ? { error } : decodeAccess(text))
    this.#request(name, `access.${name}`, payload, received, { repeatable: true })
  }

  requestCall(
    { name, query }: { name: string; query: string },
    method: string,
    params: string | undefined,
    isHttp: boolean,
    answered: (answer: CallAnswer) => void,
  ): void {
    const payload = encodeRequest({ params: params ?? "null", token: this.#token, query, cid: this.cid, isHttp })
    if (!isHttp) this.#listening ??= this.#host.conn.subscribe(`conn.${this.cid}.alive`, () => {})
    this.#request(name, `call.${name}.${method}`, payload, (error, text) => {
      const answer = error ? { error } : decodeCall(text)
      this.run(() => answered(method === "new" ? legacyNewAnswer(answer) : answer))
    })
  }

  /** `params` are left out of the request when undefined. */
  requestAuth(
    rid: string,
    method: string,
    params: string | undefined,
    isHttp: boolean,
    answered: (answer: CallAnswer) => void,
  ): void {
    const { name, query } = parseRid(this.expandCid(rid))
    const parts = { params, token: this.#token, query, cid: this.cid, isHttp, http: this.#http }
    this.#request(name, `auth.${name}.${method}`, encodeRequest(parts), (error, text) => {
      this.run(() => answered(error ? { error } : decodeCall(text)))
    })
  }

  /** Counts a request, or a call that waits to be sent, until the function that it returns is called. */
  carry(bytes: number): () => void {
    this.#underWay++
    this.#bytesUnderWay += bytes
    return () => {
      this.#underWay--
      this.#bytesUnderWay -= bytes
    }
  }

  #request(name: string, subject: string, payload: string, answered: Answered, options?: SendOptions): void {
    const letGo = this.carry(payload.length)
    const received: Answered = (error, text) => {
      letGo()
      answered(error, text)
      this.onAnswered()
    }
    this.#host.cache.request(name, subject, payload, received, options)
  }

  // Connection events

  /** Source: RES-Service protocol 1.2.3, "Connection token event". */
  handleToken(payload: string): void {
    this.run(() => {
      try {
        const fields = Fields.parse(payload)
        const tokenId = fields.string("tid") ?? ""
        this.#setToken(fields.raw("token"), tokenId)
      } catch (error) {
        this.#host.log.warn({ cid: this.cid, reason: asResError(error).message }, "dropped an invalid token event")
      }
    })
  }

  /** Source: RES-Service protocol 1.2.3, "System token reset event". */
  resetToken(tokenIds: ReadonlySet<string>, subject: string): void {
    this.run(() => {
      if (this.#tokenId === "" || !tokenIds.has(this.#tokenId)) return
      const payload = encodeRequest({ token: this.#token, cid: this.cid, http: this.#http })
      this.#host.requester.send(subject, payload, (error) => {
        if (error?.code === "system.timeout") this.#host.log.warn({ subject }, "token reset was not answered")
      })
    })
  }

  #setToken(token: string | undefined, tokenId: string): void {
    const first = this.#token === undefined
    this.#tokenId = tokenId
    this.#token = token
    // What was granted without a token is not asked for again.
    if (first) return
    for (const subscription of this.#subscriptions.values()) subscription.reaccessNow(undefined, false)
  }

  #open(rid: string, throttle: Throttle | undefined): Subscription {
    const limit = this.#host.referenceThrottle
    const shared = throttle ?? (limit > 0 ? new Throttle(limit) : undefined)
    const subscription = new Subscription(this, rid, shared)
    this.#subscriptions.set(rid, subscription)
    this.#host.cache.subscribe(subscription, shared)
    return subscription
  }

  #clean(subscription: Subscription): void {
    const { unused, unsent } = judge(subscription)
    for (const each of unused) {
      this.#subscriptions.delete(each.rid)
      each.dispose()
    }
    for (const each of unsent) each.unsend()
  }
}

const CID_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
const CID_LENGTH = 20

/** 100 random bits; letters and digits only, as it becomes part of subjects and resource names. */
function newCid(): string {
  let cid = ""
  for (const byte of randomBytes(CID_LENGTH)) cid += CID_ALPHABET[byte & 31]
  return cid
}
