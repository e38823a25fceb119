import { randomBytes } from "node:crypto"
import { asResError } from "../client/messages.ts"
import { SerialQueue } from "../client/serial-queue.ts"
import { Throttle } from "../client/throttle.ts"
import { ResError } from "../errors.ts"
import { ClientSubscription, type SubscriptionHost } from "./client-subscription.ts"
import type { Frame } from "./frame.ts"
import { dataValueVersion, latestVersion } from "./protocol-version.ts"
import { findUnneeded } from "./reference-count.ts"
import type { ResourceNode } from "./resource-node.ts"
import { type Requestor, ServiceRequests, type ServiceRequestsHost } from "./service-requests.ts"

/** How often a connection may subscribe to one resource. Source: Resgate 1.8.0, `SubscriptionCountLimit`. */
const MAX_DIRECT_SUBSCRIPTIONS = 256

/** What connections share. */
export interface ConnectionHost extends ServiceRequestsHost {
  /** How many requests the references of a resource may cause at a time; 0: any number. */
  readonly referenceThrottle: number
  /** How many resources a connection may be subscribed to, not counting the resources that these refer to. */
  readonly maxSubscriptions: number
  readonly connections: Map<string, Connection>
  /** As `GatewayOptions.accessKeptMs`. */
  readonly accessKeptMs: number
}

/**
 * One client, or one HTTP request, and its subscriptions. Everything that changes them runs in the connection's queue, one task
 * at a time.
 *
 * Source: RES-Service protocol 1.2.3, "Connection ID".
 */
export class Connection implements SubscriptionHost, Requestor {
  readonly cid = newCid()
  readonly http: string
  readonly services: ServiceRequests
  version = latestVersion
  readonly #host: ConnectionHost
  readonly #outlet: ((frame: Frame) => void) | undefined
  readonly #queue: SerialQueue
  readonly #subscriptions = new Map<string, ClientSubscription>()
  /** How many of them the client has subscribed to directly. */
  #subscribed = 0
  #disposed = false

  /**
   * `http`: what auth requests tell about the HTTP request, made by `encodeHttpParts`. `outlet`: takes frames for the client;
   * none for HTTP requests.
   */
  constructor(host: ConnectionHost, http: string, outlet?: (frame: Frame) => void) {
    this.#host = host
    this.#outlet = outlet
    this.#queue = new SerialQueue((err) => host.log.error({ err, cid: this.cid }, "connection task failed"))
    this.http = http
    this.services = new ServiceRequests(host, this)
    host.connections.set(this.cid, this)
  }

  get accessKeptMs(): number {
    return this.#host.accessKeptMs
  }

  get legacy(): boolean {
    return this.version < dataValueVersion
  }

  /** Runs `task` in the connection's queue; false when the connection has ended. */
  run(task: () => void): boolean
  run<T>(task: (arg: T) => void, arg: T): boolean
  run<T>(task: (arg?: T) => void, arg?: T): boolean {
    if (this.#disposed) return false
    this.#queue.run(task, arg)
    return true
  }

  dispose(): void {
    this.run(() => {
      this.#disposed = true
      this.#host.connections.delete(this.cid)
      this.services.dispose()
      for (const subscription of this.#subscriptions.values()) subscription.dispose()
      this.#subscriptions.clear()
      this.#queue.clear()
    })
  }

  send(frame: Frame): void {
    this.#outlet?.(frame)
  }

  // Subscriptions

  find(rid: string): ClientSubscription | undefined {
    return this.#subscriptions.get(rid)
  }

  /** Throws `system.subscriptionLimitExceeded`. */
  subscribe(rid: string): ClientSubscription {
    const direct = this.#subscriptions.get(rid)?.direct ?? 0
    if (direct >= MAX_DIRECT_SUBSCRIPTIONS || (direct === 0 && this.#subscribed >= this.#host.maxSubscriptions)) {
      this.#host.log.debug({ cid: this.cid, direct, subscribed: this.#subscribed }, "subscription limit exceeded")
      throw new ResError("system.subscriptionLimitExceeded", "Subscription limit exceeded")
    }
    const subscription = this.refer(rid, undefined)
    if (direct === 0) this.#subscribed++
    subscription.direct++
    return subscription
  }

  refer(rid: string, throttle: Throttle | undefined): ClientSubscription {
    const subscription = this.#subscriptions.get(rid) ?? this.#open(rid, throttle)
    subscription.revive()
    return subscription
  }

  dropDirect(subscription: ClientSubscription, count: number): void {
    if (this.#disposed || subscription.direct === 0) return
    subscription.direct -= count
    if (subscription.direct === 0) this.#subscribed--
    this.disposeUnused(subscription)
  }

  load(subscription: ClientSubscription): void {
    this.#host.cache.subscribe(subscription)
  }

  disposeUnused(node: ResourceNode): void {
    const { unused, dropped } = findUnneeded(node)
    for (const each of unused) {
      this.#subscriptions.delete(each.rid)
      each.dispose()
    }
    for (const each of dropped) each.markDropped()
  }

  #open(rid: string, throttle: Throttle | undefined): ClientSubscription {
    const limit = this.#host.referenceThrottle
    const shared = throttle ?? (limit > 0 ? new Throttle(limit) : undefined)
    const subscription = new ClientSubscription(this, rid, shared)
    this.#subscriptions.set(rid, subscription)
    this.#host.cache.subscribe(subscription, shared)
    return subscription
  }

  // Tokens

  /** Source: RES-Service protocol 1.2.3, "Connection token event". */
  handleToken(payload: string): void {
    this.run(() => {
      try {
        if (!this.services.takeToken(payload)) return
        for (const subscription of this.#subscriptions.values()) subscription.askAccessAgain(undefined, 0)
      } catch (error) {
        this.#host.log.warn({ cid: this.cid, reason: asResError(error).message }, "dropped an invalid token event")
      }
    })
  }

  resetToken(tokenIds: ReadonlySet<string>, subject: string): void {
    this.run(() => this.services.resetToken(tokenIds, subject))
  }
}

const CID_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
const CID_LENGTH = 20

/** 100 random bits, in letters and digits only, as it becomes part of subjects and resource names. */
function newCid(): string {
  let cid = ""
  for (const byte of randomBytes(CID_LENGTH)) cid += CID_ALPHABET[byte & 31]
  return cid
}
