import type { Msg, Subscription } from "../conn.ts"
import { ResError } from "../errors.ts"
import { EVENT_NUMBER, readEventNumber } from "../event-number.ts"
import type { Logger } from "../logger.ts"
import type { CacheHost } from "./cache.ts"
import { CachedResource } from "./cached-resource.ts"
import { Fields } from "./decode.ts"
import { decodeQueryResult } from "./get-answer.ts"
import { encodeGetRequest } from "./messages.ts"
import { isJson, quote } from "./raw-json.ts"
import { decodeText, type OnAnswer, type SentRequest } from "./requester.ts"
import { SerialQueue } from "./serial-queue.ts"
import type { Subscriber } from "./subscriber.ts"
import type { Throttle } from "./throttle.ts"

/** Keeps the protocol line below the limit of NATS servers. */
const MAX_EVENT_SUBJECT_BYTES = 4064
/** Pauses before a deleted resource is asked for again, in pauses of `refetchPauseMs`. They double. */
const FIRST_RETURN_FACTOR = 4
const MAX_RETURN_FACTOR = 64

/**
 * Everything in the cache under one resource name: the resource itself, its queries, and the subscription to their events. One
 * queue processes the answers and events of a name.
 */
export class CacheEntry {
  readonly name: string
  readonly queue: SerialQueue
  readonly #host: CacheHost
  #base: CachedResource | undefined
  readonly #queries = new Map<string, CachedResource>()
  /** Queries that the service spells differently, with the resource of the service's spelling. */
  readonly #aliases = new Map<string, CachedResource>()
  #subscription: Subscription | undefined
  #uses = 0
  #eviction: NodeJS.Timeout | undefined

  constructor(host: CacheHost, name: string) {
    this.#host = host
    this.name = name
    this.queue = new SerialQueue((err) => host.log.error({ err, resource: name }, "cache task failed"))
  }

  get log(): Logger {
    return this.#host.log
  }

  /** Keeps the entry in the cache until `release`. */
  use(): void {
    clearTimeout(this.#eviction)
    this.#eviction = undefined
    this.#uses++
    this.#host.count(1)
  }

  /** Ends `count` uses. Some time after the last one, the entry leaves the cache. */
  release(count: number): void {
    if (count === 0) return
    this.#uses -= count
    this.#host.count(-count)
    if (this.#uses > 0) return
    this.#eviction = setTimeout(() => this.#evict(), this.#host.evictAfterMs)
    this.#eviction.unref()
  }

  /** Subscribes `subscriber`, which uses the entry until it unsubscribes. */
  subscribe(subscriber: Subscriber, throttle: Throttle | undefined): void {
    this.use()
    this.queue.run(() => {
      if (!this.#listen()) {
        this.release(1)
        subscriber.loaded(undefined, new ResError("system.subjectTooLong"))
        return
      }
      this.#resource(subscriber.query).add(subscriber, throttle)
    })
  }

  /** As `CacheOptions.refetchPauseMs`. */
  get refetchPauseMs(): number {
    return this.#host.refetchPauseMs
  }

  /** Pause before a deleted resource that is still referred to is asked for once more, in ms. */
  returnPauseMs(attempts: number): number {
    return this.refetchPauseMs * Math.min(FIRST_RETURN_FACTOR * 2 ** attempts, MAX_RETURN_FACTOR)
  }

  /** Paces gets that are repeated, among all resources of the cache. */
  get repeats(): Throttle {
    return this.#host.repeats
  }

  /** Sends a get request when the service can take it, and calls `onSend` then. */
  get(query: string, onAnswer: OnAnswer, onSend: (request: SentRequest) => void = () => {}): void {
    const { pace, requester } = this.#host
    const subject = `get.${this.name}`
    pace.add(subject, (onSign) => {
      onSend(requester.send(subject, encodeGetRequest(query), onAnswer, { repeatable: true, onSign }))
    })
  }

  /** Makes the resource's query an alias of `query`, the service's spelling, and returns the resource of that. */
  alias(resource: CachedResource, query: string): CachedResource {
    const target = this.#resource(query)
    if (resource.query === "") this.#base = target
    else {
      this.#queries.delete(resource.query)
      this.#aliases.set(resource.query, target)
    }
    target.aliases.push(resource.query)
    return target
  }

  forget(resource: CachedResource): void {
    for (const query of [resource.query, ...resource.aliases]) {
      if (query !== "") {
        if (this.#queries.get(query) === resource) this.#queries.delete(query)
        if (this.#aliases.get(query) === resource) this.#aliases.delete(query)
      } else if (this.#base === resource) this.#base = undefined
    }
  }

  reset(throttle: Throttle | undefined): void {
    this.queue.run(() => {
      for (const resource of this.#resources()) resource.reset(throttle)
    })
  }

  reaccess(throttle: Throttle | undefined): void {
    this.queue.run(() => {
      for (const resource of this.#resources()) resource.reaccess(throttle)
    })
  }

  /** Fetches all resources again after a reconnect, and has access asked for again. */
  refetch(throttle: Throttle): void {
    this.queue.run(() => {
      for (const resource of this.#resources()) {
        resource.refetch(throttle)
        resource.reaccess(throttle)
      }
    })
  }

  dispose(): void {
    clearTimeout(this.#eviction)
    for (const resource of this.#resources()) resource.dispose()
    this.queue.clear()
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
  }

  /** A copy, as callers may change the entry. */
  #resources(): CachedResource[] {
    const queries = [...this.#queries.values()]
    return this.#base && this.#base.query === "" ? [this.#base, ...queries] : queries
  }

  #resource(query: string): CachedResource {
    const known = query === "" ? this.#base : (this.#queries.get(query) ?? this.#aliases.get(query))
    if (known) return known
    const made = new CachedResource(this, query)
    if (query === "") this.#base = made
    else this.#queries.set(query, made)
    return made
  }

  #listen(): boolean {
    if (this.name.length > MAX_EVENT_SUBJECT_BYTES) return false
    const start = `event.${this.name}.`.length
    this.#subscription ??= this.#host.conn.subscribe(`event.${this.name}.*`, (msg) => {
      this.queue.run(() => this.#receive(msg.subject.slice(start), msg))
    })
    return true
  }

  #receive(event: string, msg: Msg): void {
    if (event === "query") {
      this.#handleQueryEvent(decodeText(msg.data))
      return
    }
    // A query resource has only query events, even if the service answered a request without a query with one.
    if (this.#base?.query !== "") return
    const payload = msg.data.length === 0 ? undefined : decodeText(msg.data)
    if (payload !== undefined && !isJson(payload)) {
      this.log.warn({ resource: this.name, event }, "dropped an event that is not JSON")
      return
    }
    this.#base.receive(event, payload?.trim(), readEventNumber(msg.header?.(EVENT_NUMBER)))
  }

  /** Asks the service what the event means for each query. All other answers and events of the name wait for that. */
  #handleQueryEvent(payload: string): void {
    const loaded = [...this.#queries.values()].filter((resource) => resource.loaded)
    if (loaded.length === 0) return
    const subject = this.#querySubject(payload)
    if (!subject) return
    this.queue.hold(loaded.length)
    for (const resource of loaded) {
      const onAnswer: OnAnswer = (error, text) =>
        this.queue.release(() => resource.answerQuery(error, () => decodeQueryResult(text)))
      // Repeated after a reconnect, so that nothing waits for a lost answer.
      this.#host.requester.send(subject, `{"query":${quote(resource.query)}}`, onAnswer, { repeatable: true })
    }
  }

  #querySubject(payload: string): string | undefined {
    try {
      const subject = Fields.parse(payload).string("subject")
      if (subject) return subject
    } catch {
      // Logged below, with the payload.
    }
    this.log.warn({ resource: this.name, payload: payload.slice(0, 200) }, "dropped an invalid query event")
    return undefined
  }

  #evict(): void {
    if (this.#uses > 0) return
    this.dispose()
    this.#host.evicted(this)
  }
}
