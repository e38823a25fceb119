import type { CachedResource } from "../client/cached-resource.ts"
import { meansSilence } from "../client/cached-resource.ts"
import type { Content, Values } from "../client/content.ts"
import type { AccessAnswer } from "../client/messages.ts"
import type { ResourceEvent } from "../client/resource-event.ts"
import type { Subscriber } from "../client/subscriber.ts"
import type { Throttle } from "../client/throttle.ts"
import type { WireValue } from "../client/wire-value.ts"
import { ResError } from "../errors.ts"
import { parseRid } from "../rid.ts"
import { canCall, canGet } from "./access.ts"
import type { Connection } from "./connection.ts"
import { encodeEvent, encodeUpdate } from "./event-frames.ts"
import { type Reference, References } from "./references.ts"
import { ResourceSet } from "./resource-set.ts"

const DISPOSED = 0
const LOADING = 1
/** The resource is there; its references may not be. */
const LOADED = 2
/** All that it refers to is there as well, or it failed. */
const READY = 3
/** Put into an answer that is being made. */
const TO_SEND = 4
const SENT = 5
const DELETED = 6

/** Reasons to hold events back. */
const WHILE_LOADING = 1
const WHILE_ASKING_ACCESS = 2
/** Something that an event refers to is loading. */
const WHILE_ADDING = 4

const ACCESS_RETRY_MS = 2_000

/** Somebody who waits to know whether the client may see, or call, a resource. `waited` is called also where nobody decides. */
interface AccessWaiter {
  readonly decided: (answer: AccessAnswer) => void
  readonly waited: () => void
}

/** Somebody who waits for a subscription and all that it refers to. */
interface Waiter {
  readonly seen: Set<Subscription>
  loading: number
  readonly ready: () => void
}

/**
 * What one connection knows of one resource: whether it may, whether the client has it, and what it refers to. All
 * methods run in the connection's queue, but those of `Subscriber`, which enter it.
 *
 * Source: RES-Client protocol 1.2.3, "Subscriptions".
 */
export class Subscription implements Subscriber {
  readonly rid: string
  readonly name: string
  readonly query: string
  /** Number of subscriptions by request. */
  direct = 0
  /** Number of resources that refer to it, and of those among them that the client has. */
  indirect = 0
  indirectSent = 0
  readonly #connection: Connection
  #state = LOADING
  #resource: CachedResource | undefined
  /** As the client has it, or gets it with the next answer. */
  #content: Content | undefined
  #version = 0
  #error: ResError | undefined
  readonly #references = new References()
  #waiters: Waiter[] | undefined
  #held = WHILE_LOADING
  #heldEvents: ResourceEvent[] | undefined
  #access: AccessAnswer | undefined
  #accessWaiters: AccessWaiter[] | undefined
  #reaccessLater = false
  /** Since when no service has said whether the client may see the resource, in ms of `performance.now()`. */
  #silentSince: number | undefined
  #throttle: Throttle | undefined

  constructor(connection: Connection, rid: string, throttle: Throttle | undefined) {
    const { name, query } = parseRid(connection.expandCid(rid))
    this.rid = rid
    this.name = name
    this.query = query
    this.#connection = connection
    this.#throttle = throttle
  }

  get isSent(): boolean {
    return this.#state === SENT
  }

  get error(): ResError | undefined {
    if (this.#state === DISPOSED) {
      return new ResError("system.disposedSubscription", "Resource subscription is disposed")
    }
    return this.#error
  }

  get content(): Content | undefined {
    return this.#content
  }

  get references(): Iterable<Reference> {
    return this.#references.values()
  }

  reference(rid: string): Subscription | undefined {
    return this.#references.get(rid)?.subscription
  }

  // Subscriber

  loaded(resource: CachedResource | undefined, error?: ResError): void {
    const taken = this.#connection.run(() => {
      if (resource) this.#take(resource)
      else this.#fail(error ?? new ResError("system.internalError"))
    })
    if (!taken) resource?.remove(this)
  }

  event(event: ResourceEvent): void {
    this.#connection.run(() => {
      if (event.detail.type === "reaccess") this.reaccessNow(undefined, false)
      else if (!this.#resource) return
      else if (this.#held !== 0) {
        this.#heldEvents ??= []
        this.#heldEvents.push(event)
      } else this.#process(event)
    })
  }

  reaccess(throttle: Throttle | undefined, reconnected: boolean): void {
    this.#connection.run(() => this.reaccessNow(throttle, reconnected))
  }

  // Access

  /** Tells whether the client may see the resource, asking if that is not known. Never answers once disposed. */
  canGet(decided: (refused: ResError | undefined) => void): void {
    this.#loadAccess((answer) => decided(canGet(answer)), undefined)
  }

  /** As `canGet`, for a call. `waited`: called once the call does not wait any more, also where nothing is decided. */
  canCall(method: string, waited: () => void, decided: (refused: ResError | undefined) => void): void {
    this.#loadAccess((answer) => decided(canCall(answer, method)), undefined, waited)
  }

  reaccessNow(throttle: Throttle | undefined, reconnected: boolean): void {
    if (this.#state === DISPOSED) return
    if (this.#held !== 0) this.#reaccessLater = true
    else this.#askAccessAgain(throttle, reconnected)
  }

  #askAccessAgain(throttle: Throttle | undefined, reconnected: boolean): void {
    const before = this.#access
    this.#access = undefined
    this.#reaccessLater = false
    if (this.direct === 0) return
    this.#held |= WHILE_ASKING_ACCESS
    this.#loadAccess((answer) => {
      if (reconnected && this.#mayKeep(answer.error)) {
        this.#access = before
        setTimeout(() => this.reaccess(undefined, true), ACCESS_RETRY_MS).unref()
      } else {
        const refused = canGet(answer)
        if (refused) this.#endDirect(refused)
      }
      this.#resume(WHILE_ASKING_ACCESS)
    }, throttle)
  }

  /** True while a subscription goes on although no service says, after a reconnect, whether the client may still see it. */
  #mayKeep(error: ResError | undefined): boolean {
    if (error === undefined || !meansSilence(error)) {
      this.#silentSince = undefined
      return false
    }
    this.#silentSince ??= performance.now()
    return performance.now() - this.#silentSince < this.#connection.accessKeptMs
  }

  #loadAccess(decided: AccessWaiter["decided"], throttle: Throttle | undefined, waited = (): void => {}): void {
    if (this.#access) {
      waited()
      decided(this.#access)
      return
    }
    if (this.#accessWaiters) {
      this.#accessWaiters.push({ decided, waited })
      return
    }
    this.#accessWaiters = [{ decided, waited }]
    const ask = (): void =>
      this.#connection.requestAccess(this, false, (answer) => {
        this.#connection.run(() => this.#takeAccess(answer))
        throttle?.done()
      })
    if (throttle) throttle.add(ask)
    else ask()
  }

  #takeAccess(answer: AccessAnswer): void {
    const waiters = this.#accessWaiters ?? []
    this.#accessWaiters = undefined
    for (const { waited } of waiters) waited()
    if (this.#state === DISPOSED) return
    if (!answer.error || answer.error.code === "system.accessDenied") this.#access = answer
    for (const { decided } of waiters) decided(answer)
  }

  // Loading

  /** Calls `ready` when the resource and all that it refers to is loaded or has failed. Never once disposed. */
  onReady(ready: () => void): void {
    if (this.#state >= READY) ready()
    else this.#await({ seen: new Set(), loading: 0, ready })
  }

  #await(waiter: Waiter): void {
    waiter.seen.add(this)
    waiter.loading++
    if (this.#state >= LOADED) this.#awaitReferences(waiter)
    else {
      this.#waiters ??= []
      this.#waiters.push(waiter)
    }
  }

  #awaitReferences(waiter: Waiter): void {
    for (const { subscription } of this.references) {
      if (subscription.#state < READY && !waiter.seen.has(subscription)) subscription.#await(waiter)
    }
    countDown(waiter)
  }

  #take(resource: CachedResource): void {
    if (this.#state === DISPOSED) {
      resource.remove(this)
      return
    }
    this.#resource = resource
    this.#content = resource.content
    this.#version = resource.version
    this.#loadReferences()
    const waiters = this.#waiters ?? []
    this.#waiters = undefined
    for (const waiter of waiters) this.#awaitReferences(waiter)
  }

  #loadReferences(): void {
    this.#state = LOADED
    this.#held |= WHILE_LOADING
    for (const value of this.#content?.values.values() ?? []) {
      if (value.type === "reference") this.#addReference(value.rid)
    }
  }

  /** To be called when somebody needs the resource. One that was deleted comes as it was, as with Resgate. */
  revive(): void {
    if (this.#state === DELETED) this.#loadReferences()
  }

  #fail(error: ResError): void {
    this.#error = error
    this.#state = this.#state === DISPOSED ? DISPOSED : READY
    this.#throttle = undefined
    const waiters = this.#waiters ?? []
    this.#waiters = undefined
    for (const waiter of waiters) countDown(waiter)
  }

  // Sending

  /** Puts into `set` what of this resource and its references the client does not have, and holds back their events. */
  collect(set: ResourceSet): void {
    if (this.#state === SENT || this.#state === TO_SEND) return
    const error = this.error
    if (error) {
      set.addError(this.rid, error)
      return
    }
    // Referred to by an event that waits for it: comes with that.
    if (!this.#content) return
    set.add(this.rid, this.#content)
    this.#state = TO_SEND
    for (const reference of this.references) collectReference(reference, set)
  }

  /** To be called when the set is on its way: lets the events go after it. */
  release(): void {
    if (this.#state === DISPOSED || this.#state === SENT || this.#error) return
    this.#state = SENT
    for (const { subscription } of this.references) subscription.release()
    this.#resume(WHILE_LOADING)
  }

  /**
   * The client drops the resource, though another that is loading refers to it and will bring it back as it is then. As
   * with Resgate events go on meanwhile, which does no harm; those that would bring other resources with them do not.
   */
  unsend(): void {
    this.#state = READY
    for (const reference of this.references) reference.isSent = false
  }

  dispose(): void {
    if (this.#state === DISPOSED) return
    const isDeleted = this.#state === DELETED
    this.#state = DISPOSED
    this.#waiters = undefined
    this.#heldEvents = undefined
    this.#throttle = undefined
    if (!this.#resource) return
    for (const reference of this.references) this.#connection.dropReference(reference, false)
    this.#references.clear()
    if (!isDeleted) this.#resource.remove(this)
    this.#resource = undefined
  }

  // Events

  #resume(reason: number): void {
    this.#held &= ~reason
    if (this.#held !== 0) return
    if (this.#reaccessLater) {
      this.#askAccessAgain(undefined, false)
      if (this.#held !== 0) return
    }
    const events = this.#heldEvents
    if (!events) return
    this.#heldEvents = undefined
    for (const [i, event] of events.entries()) {
      if (this.#state === DISPOSED) return
      this.#process(event)
      if (this.#held !== 0) {
        this.#heldEvents = [...events.slice(i + 1), ...(this.#heldEvents ?? [])]
        return
      }
    }
  }

  #process(event: ResourceEvent): void {
    if (this.#version !== event.version) return
    if (event.updates) this.#version++
    const { detail } = event
    switch (detail.type) {
      case "add":
        this.#processAdd(event, detail.value)
        break
      case "change":
        this.#processChange(event, detail.changed, detail.old)
        break
      case "remove":
        if (detail.value.type === "reference") this.#removeReference(detail.value.rid)
        this.#connection.send(encodeEvent(event, this.rid))
        break
      case "delete":
        this.#state = DELETED
        this.#connection.send(encodeEvent(event, this.rid))
        this.#dropReferences()
        this.#endDirect(new ResError("system.deleted", "Deleted"))
        break
      default:
        this.#connection.send(encodeEvent(event, this.rid))
    }
    if (!(this.#held & WHILE_ADDING)) this.#content = event.after
  }

  #processAdd(event: ResourceEvent, value: WireValue): void {
    this.#sendWith(event, value.type === "reference" ? [this.#addReference(value.rid)] : [], [])
  }

  #processChange(event: ResourceEvent, changed: Values, old: Values): void {
    const added: Reference[] = []
    const removed: string[] = []
    for (const [name, value] of changed) {
      if (value.type === "reference") added.push(this.#addReference(value.rid))
      const before = old.get(name)
      if (before?.type === "reference") removed.push(before.rid)
    }
    this.#sendWith(event, added, removed)
  }

  /**
   * Sends an event once what it refers to is loaded, and holds back those after it until then. The references that it removes
   * go last: what they lead to and the new ones lead to as well stays with the client, and is not sent again.
   */
  #sendWith(event: ResourceEvent, added: readonly Reference[], removed: readonly string[]): void {
    if (added.every(({ subscription }) => subscription.isSent)) {
      if (this.isSent) for (const reference of added) reference.isSent = true
      this.#sendUpdate(event)
      for (const rid of removed) this.#removeReference(rid)
      return
    }
    this.#held |= WHILE_ADDING
    let loading = added.length
    const ready = (): void => {
      loading--
      if (loading > 0 || this.#state === DISPOSED) return
      this.#content = event.after
      if (this.isSent) {
        const set = new ResourceSet(this.#connection.legacy)
        for (const reference of added) collectReference(reference, set)
        this.#sendUpdate(event, set)
        for (const { subscription } of added) subscription.release()
      }
      for (const rid of removed) this.#removeReference(rid)
      this.#resume(WHILE_ADDING)
    }
    for (const { subscription } of added) subscription.onReady(ready)
  }

  #sendUpdate(event: ResourceEvent, set?: ResourceSet): void {
    this.#connection.send(encodeUpdate(event, this.rid, this.#connection.legacy, set))
  }

  #addReference(rid: string): Reference {
    return this.#references.add(rid, () => this.#connection.refer(rid, this.#throttle))
  }

  #removeReference(rid: string): void {
    const unused = this.#references.remove(rid)
    if (unused) this.#connection.dropReference(unused, true)
  }

  /** What only a deleted resource led to goes with it. */
  #dropReferences(): void {
    const references = [...this.references]
    this.#references.clear()
    for (const reference of references) this.#connection.dropReference(reference, true)
  }

  #endDirect(reason: ResError): void {
    if (this.direct === 0) return
    this.#connection.dropDirect(this, this.direct)
    this.#connection.sendUnsubscribed(this.rid, reason)
  }
}

function collectReference(reference: Reference, set: ResourceSet): void {
  reference.isSent = true
  reference.subscription.collect(set)
}

function countDown(waiter: Waiter): void {
  waiter.loading--
  if (waiter.loading === 0) waiter.ready()
}
