import type { CachedResource } from "../client/cached-resource.ts"
import type { Content } from "../client/content.ts"
import type { EventDetail, ResourceEvent } from "../client/resource-event.ts"
import type { Subscriber } from "../client/subscriber.ts"
import type { Throttle } from "../client/throttle.ts"
import { encodeEvent, encodeUpdate } from "./event-frames.ts"
import type { Frame } from "./frame.ts"
import { type Reference, References } from "./references.ts"
import { replacement } from "./replacement.ts"
import { type ResourceNode, whenReady } from "./resource-node.ts"
import { ResourceSet } from "./resource-set.ts"

/** The connection, as the copies of its client need it. */
export interface CopyHost {
  /** True for a client whose protocol version has neither soft references nor data values. */
  readonly legacy: boolean
  send(frame: Frame): void
  /** The client's subscription to a resource that another one refers to. */
  refer(rid: string, throttle: Throttle | undefined): ResourceNode
  /** Disposes of a resource that lost a reference, and of all that it leads to, unless something else needs them. */
  disposeUnused(node: ResourceNode): void
}

/** The subscription that a copy belongs to. */
export interface CopyOwner extends Subscriber {
  readonly rid: string
  /** Called before held events are sent; may pause the copy. */
  beforeHeldEvents(): void
  /** Called after a delete event was sent. */
  afterDelete(): void
}

type AddOrChange = Extract<EventDetail, { readonly type: "add" | "change" }>

/**
 * What the client has of a resource:
 * - `nothing`: it has never had it.
 * - `collected`: it gets it with the answer or event that is being encoded.
 * - `sent`: the client has it.
 * - `dropped`: the client had it and has dropped it.
 * - `deleted`: the client had it, and it was deleted.
 * - `disposed`: the client no longer needs it.
 */
type AtClient = "nothing" | "collected" | "sent" | "dropped" | "deleted" | "disposed"

/**
 * A loaded resource as one client has it: its content and references, and the events that change it. Events are held back until
 * the client has the resource, while the copy is paused, and while something that an event refers to is loading.
 */
export class ClientCopy {
  readonly tag = "loaded"
  /** Set while events must wait. */
  isPaused = false
  readonly #host: CopyHost
  readonly #owner: CopyOwner
  /** Under which the client knows the resource. If that is its name, all clients have the same string, so comparing them takes no time. */
  readonly #rid: string
  #resource: CachedResource
  readonly #throttle: Throttle | undefined
  readonly #references = new References()
  #content: Content | undefined
  #version: number
  #atClient: AtClient = "nothing"
  /** It was deleted, so no events come. */
  #isGone = false
  /** True while an event waits for what it refers to. */
  #isAdding = false
  #heldEvents: ResourceEvent[] | undefined

  /** `throttle`: limits requests for the resources that this one refers to. */
  constructor(host: CopyHost, owner: CopyOwner, resource: CachedResource, throttle: Throttle | undefined) {
    this.#host = host
    this.#owner = owner
    this.#rid = owner.rid === resource.entry.name ? resource.entry.name : owner.rid
    this.#resource = resource
    this.#throttle = throttle
    this.#content = resource.content
    this.#version = resource.version
  }

  get content(): Content | undefined {
    return this.#content
  }

  get references(): Iterable<Reference> {
    return this.#references.values()
  }

  get atClient(): AtClient {
    return this.#atClient
  }

  get holdsEvents(): boolean {
    switch (this.#atClient) {
      case "sent":
      case "dropped":
      case "deleted":
        return this.#isAdding || this.isPaused
      default:
        return true
    }
  }

  get isGone(): boolean {
    return this.#isGone
  }

  reference(rid: string): ResourceNode | undefined {
    return this.#references.get(rid)?.target
  }

  /** Starts loading what the resource refers to. */
  loadReferences(): void {
    for (const value of this.#content?.values.values() ?? []) {
      if (value.type === "reference") this.#addReference(value.rid)
    }
  }

  /** Lets the client get a deleted resource again, with its last content, as with Resgate. */
  revive(): void {
    if (this.#atClient !== "deleted") return
    this.#atClient = "nothing"
    this.loadReferences()
  }

  returnPauseMs(attempts: number): number {
    return this.#resource.entry.returnPauseMs(attempts)
  }

  /** The deleted resource is there again. The client is sent what it is now, as events. */
  restore(resource: CachedResource): void {
    const { content, version } = resource
    const events = this.#content && content && replacement(this.#content, content, version)
    if (events === undefined) {
      resource.remove(this.#owner)
      return
    }
    this.#resource = resource
    this.#version = version - events.length
    this.#isGone = false
    if (this.#atClient === "deleted") {
      this.#atClient = "sent"
      // The events remove them.
      this.loadReferences()
    }
    this.#heldEvents = [...events]
    this.sendHeldEvents()
  }

  collect(set: ResourceSet): void {
    if (this.#atClient === "sent" || this.#atClient === "collected") return
    this.#atClient = "collected"
    set.add(this.#rid, this.#content, this)
    for (const reference of this.references) reference.collect(set)
  }

  markSent(): void {
    if (this.#atClient === "collected") this.#atClient = "sent"
  }

  markDropped(): void {
    this.#atClient = "dropped"
    for (const reference of this.references) reference.isSent = false
  }

  /** Sends the event, or holds it back. */
  handle(event: ResourceEvent): void {
    if (this.holdsEvents) {
      this.#heldEvents ??= []
      this.#heldEvents.push(event)
    } else this.#process(event)
  }

  /** Sends events that were held back, until one has to wait again. */
  sendHeldEvents(): void {
    if (!this.holdsEvents) this.#owner.beforeHeldEvents()
    while (this.#heldEvents && !this.holdsEvents) {
      const event = this.#heldEvents.shift()
      if (event) this.#process(event)
      else this.#heldEvents = undefined
    }
  }

  dispose(): void {
    this.#atClient = "disposed"
    this.#heldEvents = undefined
    for (const reference of this.#references.clear()) reference.end()
    this.#resource.remove(this.#owner)
  }

  #process(event: ResourceEvent): void {
    if (this.#version !== event.version) return
    if (event.updates) this.#version++
    const { detail } = event
    switch (detail.type) {
      case "add":
      case "change":
        if (event.refers) this.#sendWith(event, this.#addedBy(detail), removedBy(detail))
        else {
          this.#sendUpdate(event)
          this.#content = event.after
        }
        break
      case "remove":
        if (detail.value.type === "reference") this.#removeReference(detail.value.rid)
        this.#host.send(encodeEvent(event, this.#rid))
        this.#content = event.after
        break
      case "delete":
        this.#atClient = "deleted"
        this.#isGone = true
        this.#host.send(encodeEvent(event, this.#rid))
        // The client also loses what only this resource led to.
        for (const reference of this.#references.clear()) this.#endReference(reference)
        this.#owner.afterDelete()
        break
      default:
        this.#host.send(encodeEvent(event, this.#rid))
    }
  }

  #addedBy(detail: AddOrChange): readonly Reference[] {
    const added: Reference[] = []
    for (const value of detail.type === "add" ? [detail.value] : detail.changed.values())
      if (value.type === "reference") added.push(this.#addReference(value.rid))
    return added
  }

  /**
   * Sends an event when everything it refers to is loaded, and holds back later events until then. References that it removes end
   * last: the client keeps what the new references lead to as well, so that it is not sent again.
   */
  #sendWith(event: ResourceEvent, added: readonly Reference[], removed: readonly string[]): void {
    if (added.every(({ target }) => target.isSent)) {
      if (this.#atClient === "sent") for (const reference of added) reference.isSent = true
      this.#sendUpdate(event)
      this.#content = event.after
      for (const rid of removed) this.#removeReference(rid)
      return
    }
    this.#isAdding = true
    let loading = added.length
    const onReady = (): void => {
      loading--
      if (loading > 0 || this.#atClient === "disposed") return
      this.#content = event.after
      if (this.#atClient === "sent") {
        const set = new ResourceSet(this.#host.legacy)
        for (const reference of added) reference.collect(set)
        this.#sendUpdate(event, set)
        set.release()
      }
      for (const rid of removed) this.#removeReference(rid)
      this.#isAdding = false
      this.sendHeldEvents()
    }
    for (const { target } of added) whenReady(target, onReady)
  }

  #sendUpdate(event: ResourceEvent, set?: ResourceSet): void {
    this.#host.send(encodeUpdate(event, this.#rid, this.#host.legacy, set))
  }

  #addReference(rid: string): Reference {
    return this.#references.add(rid, () => this.#host.refer(rid, this.#throttle))
  }

  #removeReference(rid: string): void {
    const unused = this.#references.remove(rid)
    if (unused) this.#endReference(unused)
  }

  #endReference(reference: Reference): void {
    reference.end()
    this.#host.disposeUnused(reference.target)
  }
}

/** The RIDs whose references a change takes away. */
function removedBy(detail: AddOrChange): readonly string[] {
  if (detail.type === "add") return []
  return [...detail.changed.keys()].flatMap((name) => {
    const before = detail.old.get(name)
    return before?.type === "reference" ? before.rid : []
  })
}
