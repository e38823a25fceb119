import type { CachedResource } from "../client/cached-resource.ts"
import type { Content } from "../client/content.ts"
import type { ResourceEvent } from "../client/resource-event.ts"
import type { Throttle } from "../client/throttle.ts"
import { ResError } from "../errors.ts"
import { gatewayError } from "../gateway-errors.ts"
import { AccessCheck } from "./access-check.ts"
import { ClientCopy, type CopyHost, type CopyOwner } from "./client-copy.ts"
import { encodeUnsubscribed } from "./event-frames.ts"
import type { ResourceNode } from "./resource-node.ts"
import type { ResourceSet } from "./resource-set.ts"
import type { ServiceRequests } from "./service-requests.ts"

const ACCESS_RETRY_MS = 2_000

/** A connection, as its subscriptions need it. */
export interface SubscriptionHost extends CopyHost {
  readonly services: ServiceRequests
  /** As `GatewayOptions.accessKeptMs`. */
  readonly accessKeptMs: number
  /** Runs `task` in the connection's queue; false when the connection has ended. */
  run(task: () => void): boolean
  run<T>(task: (arg: T) => void, arg: T): boolean
  /** Calls `loaded` of a subscription again. */
  load(subscription: ClientSubscription): void
  /** Ends `count` of the client's own subscriptions to the resource. */
  dropDirect(subscription: ClientSubscription, count: number): void
}

interface Loading {
  readonly tag: "loading"
  readonly waiters: (() => void)[]
}

type State = Loading | { readonly tag: "failed"; readonly error: ResError } | ClientCopy | { readonly tag: "disposed" }

/**
 * One client's subscription to one resource, by its own request, by reference, or both. All methods run in the connection's queue,
 * except those of `Subscriber`, which enter it.
 *
 * Source: RES-Client protocol 1.2.3, "Subscriptions".
 */
export class ClientSubscription implements ResourceNode, CopyOwner {
  readonly rid: string
  readonly name: string
  readonly query: string
  readonly access: AccessCheck
  direct = 0
  indirect = 0
  indirectSent = 0
  readonly #host: SubscriptionHost
  #throttle: Throttle | undefined
  #state: State = { tag: "loading", waiters: [] }
  /**
   * Set when access must be asked for again as soon as events are not held back any more: for how long the client may see the
   * resource meanwhile, in ms.
   */
  #askLaterKeptMs: number | undefined
  #returning: NodeJS.Timeout | undefined
  /** How often it was asked for since it was deleted. */
  #returnAttempts = 0

  /** `throttle`: for getting what the resource refers to. */
  constructor(host: SubscriptionHost, rid: string, throttle: Throttle | undefined) {
    const { name, query } = host.services.resource(rid)
    this.rid = rid
    this.name = name
    this.query = query
    this.access = new AccessCheck(host.services, this)
    this.#host = host
    this.#throttle = throttle
  }

  get isSent(): boolean {
    return this.#copy?.atClient === "sent"
  }

  get isReady(): boolean {
    return this.#state.tag === "failed" || (this.#state.tag === "loaded" && this.#state.atClient !== "nothing")
  }

  get error(): ResError | undefined {
    switch (this.#state.tag) {
      case "failed":
        return this.#state.error
      case "disposed":
        return gatewayError("system.disposedSubscription")
      default:
        return undefined
    }
  }

  get content(): Content | undefined {
    return this.#copy?.content
  }

  get references(): ResourceNode["references"] {
    return this.#copy?.references ?? []
  }

  get #copy(): ClientCopy | undefined {
    return this.#state.tag === "loaded" ? this.#state : undefined
  }

  reference(rid: string): ResourceNode | undefined {
    return this.#copy?.reference(rid)
  }

  // Subscriber

  loaded(resource: CachedResource | undefined, error?: ResError): void {
    const runs = this.#host.run(() => {
      if (resource) this.#take(resource)
      else this.#fail(error ?? new ResError("system.internalError"))
    })
    if (!runs) resource?.remove(this)
  }

  event(event: ResourceEvent): void {
    this.#host.run(this.#handle, event)
  }

  readonly #handle = (event: ResourceEvent): void => {
    if (event.detail.type === "reaccess") this.askAccessAgain(undefined, 0)
    else this.#copy?.handle(event)
  }

  reaccess(throttle: Throttle | undefined): void {
    this.#host.run(() => this.askAccessAgain(throttle, this.#host.accessKeptMs))
  }

  /**
   * Asks services again whether the client may see the resource, and ends its own subscriptions if it may not. While no service
   * answers, it may for `keptMs`.
   */
  askAccessAgain(throttle: Throttle | undefined, keptMs: number): void {
    const copy = this.#copy
    if (!copy || copy.holdsEvents) {
      this.#askLaterKeptMs = Math.min(keptMs, this.#askLaterKeptMs ?? keptMs)
      return
    }
    this.#askLaterKeptMs = undefined
    if (this.direct === 0) {
      this.access.forget()
      return
    }
    copy.isPaused = true
    this.access.renew(throttle, keptMs, (refusal) => {
      copy.isPaused = false
      if (refusal === "unknown") setTimeout(() => this.reaccess(undefined), ACCESS_RETRY_MS).unref()
      else if (refusal) this.#endDirect(refusal)
      copy.sendHeldEvents()
    })
  }

  #endDirect(reason: ResError): void {
    if (this.direct === 0) return
    this.#host.dropDirect(this, this.direct)
    this.#host.send(encodeUnsubscribed(this.rid, reason))
  }

  // CopyOwner

  beforeHeldEvents(): void {
    if (this.#askLaterKeptMs !== undefined) this.askAccessAgain(undefined, this.#askLaterKeptMs)
  }

  afterDelete(): void {
    this.#endDirect(gatewayError("system.deleted"))
    this.#returnAttempts = 0
    this.#awaitReturn()
  }

  /**
   * The client keeps a deleted resource while another one refers to it. If it comes back in the meantime, as when a service has lost its
   * data and gets new data, no event tells that.
   */
  #awaitReturn(): void {
    const copy = this.#copy
    if (!copy?.isGone) return
    const load = (): void => void this.#host.run(() => copy === this.#state && this.#host.load(this))
    this.#returning = setTimeout(load, copy.returnPauseMs(this.#returnAttempts++)).unref()
  }

  // ResourceNode

  whenLoaded(onLoaded: () => void): void {
    if (this.#state.tag === "loading") this.#state.waiters.push(onLoaded)
    else if (this.#state.tag !== "disposed") onLoaded()
  }

  collect(set: ResourceSet): void {
    const { error } = this
    if (error) set.addError(this.rid, error)
    // If it is loading, an event that refers to it waits for it and brings it.
    else this.#copy?.collect(set)
  }

  markDropped(): void {
    this.#copy?.markDropped()
  }

  /** To be called when somebody needs the resource. */
  revive(): void {
    this.#copy?.revive()
  }

  dispose(): void {
    clearTimeout(this.#returning)
    this.access.dispose()
    this.#copy?.dispose()
    this.#state = { tag: "disposed" }
    this.#throttle = undefined
  }

  #take(resource: CachedResource): void {
    const state = this.#state
    if (state.tag === "loaded" && state.isGone) state.restore(resource)
    else if (state.tag !== "loading") resource.remove(this)
    else this.#begin(state, resource)
  }

  #begin(state: Loading, resource: CachedResource): void {
    const copy = new ClientCopy(this.#host, this, resource, this.#throttle)
    this.#state = copy
    copy.loadReferences()
    for (const onLoaded of state.waiters) onLoaded()
  }

  #fail(error: ResError): void {
    const state = this.#state
    this.#awaitReturn()
    if (state.tag !== "loading") return
    this.#state = { tag: "failed", error }
    this.#throttle = undefined
    for (const onLoaded of state.waiters) onLoaded()
  }
}
