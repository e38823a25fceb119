import { ResError } from "../errors.ts"
import { gatewayError } from "../gateway-errors.ts"
import { parseRid } from "../rid.ts"
import type { CacheEntry } from "./cache-entry.ts"
import { type CachedResource, isNoAnswer } from "./cached-resource.ts"
import type { Content } from "./content.ts"
import type { EventDetail, ResourceEvent } from "./resource-event.ts"
import type { Subscriber } from "./subscriber.ts"

const RETRY_MS = 1_000
/** How often a get may stay without an answer before what refers to the resource is shown without it. */
const WAITED_FAILURES = 3

/** A mirror, as its nodes need it. */
export interface MirrorHost {
  subscribe(subscriber: Subscriber): void
  /** Call it when the node's references have changed. */
  update(): void
  /** Calls `onReady` when all of `rids` and what they refer to are loaded. */
  whenReady(rids: readonly string[], onReady: () => void): void
  emit(node: MirrorNode, event: ResourceEvent | "load" | "reaccess"): void
}

/** One resource of a mirror. */
export class MirrorNode implements Subscriber {
  readonly rid: string
  readonly name: string
  readonly query: string
  readonly #host: MirrorHost
  #resource: CachedResource | undefined
  #content: Content | undefined
  /** What readers see: the content without an event that waits for what it refers to. */
  #shown: Content | undefined
  #error: ResError | undefined
  /** How many gets have failed one after the other. */
  #failures = 0
  #version = 0
  /** Events that wait while something that an earlier event refers to is loading; undefined if none has to wait. */
  #held: ResourceEvent[] | undefined
  #retry: NodeJS.Timeout | undefined
  /** Where it was deleted; undefined again when it is loaded. */
  #deletedFrom: CacheEntry | undefined
  #ended = false

  constructor(host: MirrorHost, rid: string) {
    const { name, query } = parseRid(rid)
    this.rid = rid
    this.name = name
    this.query = query
    this.#host = host
  }

  /** May call `MirrorHost.update` synchronously. */
  start(): void {
    this.#host.subscribe(this)
  }

  /** The content as of the last event that listeners were told. Undefined: not loaded. */
  get shown(): Content | undefined {
    return this.#shown
  }

  get error(): ResError | undefined {
    return this.#error
  }

  /** True when the resource is loaded, or could not be loaded. */
  get settled(): boolean {
    return this.#content !== undefined || this.#error !== undefined
  }

  /** True when the resource is loaded, a service has said that it cannot be loaded, or none has answered several times. */
  get answered(): boolean {
    return this.settled && !(this.#error && isNoAnswer(this.#error) && this.#failures < WAITED_FAILURES)
  }

  /** What the content refers to, and what readers see of it. */
  get references(): string[] {
    const newest = referencesOf(this.#content)
    return this.#shown === this.#content ? newest : [...newest, ...referencesOf(this.#shown)]
  }

  loaded(resource: CachedResource | undefined, error?: ResError): void {
    if (this.#ended) {
      resource?.remove(this)
      return
    }
    this.#resource = resource
    this.#content = resource?.content
    this.#shown = this.#content
    this.#version = resource?.version ?? 0
    const retried = this.#error !== undefined
    this.#error = resource ? undefined : (error ?? new ResError("system.internalError"))
    this.#failures = resource ? 0 : this.#failures + 1
    if (resource) this.#deletedFrom = undefined
    // No service answered, or one failed: no event would tell when it can be loaded, so a mirror tries again.
    if (this.#error && (isNoAnswer(this.#error) || this.#error.code === "system.internalError")) this.#tryIn(RETRY_MS)
    else if (this.#deletedFrom) this.#tryIn(this.#deletedFrom.returnPauseMs(this.#failures))
    this.#host.update()
    if (retried && resource) this.#host.whenReady([this.rid], () => this.#host.emit(this, "load"))
  }

  event(event: ResourceEvent): void {
    if (this.#ended || !this.#resource) return
    if (this.#held) this.#held.push(event)
    else this.#process(event)
  }

  reaccess(): void {
    if (this.#content) this.#host.emit(this, "reaccess")
  }

  end(): void {
    this.#ended = true
    this.#held = undefined
    clearTimeout(this.#retry)
    this.#resource?.remove(this)
    this.#resource = undefined
  }

  #tryIn(pauseMs: number): void {
    this.#retry = setTimeout(() => this.#host.subscribe(this), pauseMs).unref()
  }

  #process(event: ResourceEvent): void {
    if (event.detail.type === "reaccess") {
      this.reaccess()
      return
    }
    if (event.version !== this.#version || !this.#content) return
    if (event.detail.type === "delete") {
      // What refers to it may still do so when it comes back, and then no event tells that.
      this.#deletedFrom = this.#resource?.entry
      if (this.#deletedFrom) this.#tryIn(this.#deletedFrom.returnPauseMs(0))
      this.#content = undefined
      this.#resource = undefined
      this.#error = gatewayError("system.deleted")
    } else this.#content = event.after
    if (event.updates) this.#version++
    const added = addedReferences(event.detail)
    if (added.length === 0) {
      this.#show(event)
      return
    }
    this.#held = []
    this.#host.update()
    this.#host.whenReady(added, () => {
      const held = this.#held ?? []
      this.#held = undefined
      if (this.#ended) return
      this.#show(event)
      for (const each of held) this.event(each)
    })
  }

  #show(event: ResourceEvent): void {
    this.#shown = this.#content
    if (event.refers) this.#host.update()
    this.#host.emit(this, event)
  }
}

/** The RIDs that a content refers to. */
export function referencesOf(content: Content | undefined): string[] {
  return [...(content?.values.values() ?? [])].flatMap((value) => (value.type === "reference" ? value.rid : []))
}

function addedReferences(detail: EventDetail): string[] {
  if (detail.type === "add") return detail.value.type === "reference" ? [detail.value.rid] : []
  if (detail.type !== "change") return []
  return [...detail.changed.values()].flatMap((value) => (value.type === "reference" ? value.rid : []))
}
