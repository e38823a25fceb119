import type { Conn, Subscription } from "../conn.ts"
import type { Logger } from "../logger.ts"
import { CacheEntry } from "./cache-entry.ts"
import { Fields } from "./decode.ts"
import { Pace } from "./pace.ts"
import { decodeText, type OnAnswer, type Requester, type SendOptions } from "./requester.ts"
import { ResetPatterns } from "./reset-pattern.ts"
import type { Subscriber } from "./subscriber.ts"
import { Throttle } from "./throttle.ts"

const EVICT_AFTER_MS = 5_000
const REFETCH_PAUSE_MS = 1_000
/** How many resources are fetched at a time after a reconnect, and after a failure, if `resetThrottle` does not say. */
const REFETCH_LIMIT = 64

export interface CacheOptions {
  /** How many requests a system reset may cause at a time; 0, the default: any number. */
  readonly resetThrottle?: number
  /** How long a resource stays in the cache after its last subscriber left; 5000 by default. */
  readonly evictAfterMs?: number
  /**
   * The pause before a resource is fetched again after a get that failed, or an event that does not fit; 1000 by default. It doubles
   * with each failure, up to ten times as much. After a reset during a get it is a quarter.
   */
  readonly refetchPauseMs?: number | undefined
}

/** A cache, as its entries need it. */
export interface CacheHost {
  readonly conn: Conn
  readonly requester: Requester
  readonly log: Logger
  readonly evictAfterMs: number
  /** As `CacheOptions.refetchPauseMs`. */
  readonly refetchPauseMs: number
  /** Decides when requests are sent. */
  readonly pace: Pace
  /** Paces gets that are repeated. */
  readonly repeats: Throttle
  count(uses: number): void
  evicted(entry: CacheEntry): void
}

/**
 * Copies of resources that events keep up to date, shared by all subscribers. One cache per connection.
 *
 * After a reconnect everything is fetched again, as events may have been missed. A resource whose content may be old is fetched
 * again until that succeeds; its last content stays meanwhile.
 *
 * Source: RES-Service protocol 1.2.3, "Resource events", "Query event", "System reset event".
 */
export class Cache {
  readonly #host: CacheHost
  readonly #resetThrottle: number
  readonly #entries = new Map<string, CacheEntry>()
  readonly #subscription: Subscription
  readonly #stopStatus: () => void
  #uses = 0

  constructor(conn: Conn, requester: Requester, log: Logger, options: CacheOptions = {}) {
    this.#resetThrottle = options.resetThrottle ?? 0
    this.#host = {
      conn,
      requester,
      log,
      evictAfterMs: options.evictAfterMs ?? EVICT_AFTER_MS,
      refetchPauseMs: options.refetchPauseMs ?? REFETCH_PAUSE_MS,
      pace: new Pace(),
      repeats: new Throttle(this.#resetThrottle || REFETCH_LIMIT),
      count: (uses) => {
        this.#uses += uses
      },
      evicted: (entry) => this.#entries.delete(entry.name),
    }
    this.#subscription = conn.subscribe("system.reset", (msg) => this.#reset(decodeText(msg.data)))
    this.#stopStatus = conn.onStatus((status) => {
      if (status === "connected") this.#refetch()
    })
  }

  get log(): Logger {
    return this.#host.log
  }

  /** How many resource names are in the cache, including unused ones. */
  get size(): number {
    return this.#entries.size
  }

  /** How many subscriptions and requests use an entry. */
  get uses(): number {
    return this.#uses
  }

  subscribe(subscriber: Subscriber, throttle?: Throttle): void {
    this.#entry(subscriber.name).subscribe(subscriber, throttle)
  }

  /**
   * Sends a request about a resource. Its answer is processed in order with the events of that name, which matters while a query
   * event is being handled.
   */
  request(name: string, subject: string, payload: string, onAnswer: OnAnswer, options?: SendOptions): void {
    const entry = this.#entries.get(name)
    entry?.use()
    const take: OnAnswer = (error, text) => {
      const queue = (entry ?? this.#entries.get(name))?.queue
      if (queue) queue.run(() => onAnswer(error, text))
      else onAnswer(error, text)
      entry?.release(1)
    }
    const { pace, requester } = this.#host
    // Calls are not held up by a storm of gets.
    if (!options?.repeatable) requester.send(subject, payload, take, options)
    else pace.add(subject, (onSign) => requester.send(subject, payload, take, { ...options, onSign }))
  }

  close(): void {
    this.#stopStatus()
    this.#subscription.unsubscribe()
    for (const entry of this.#entries.values()) entry.dispose()
    this.#entries.clear()
  }

  #entry(name: string): CacheEntry {
    const known = this.#entries.get(name)
    if (known) return known
    const made = new CacheEntry(this.#host, name)
    this.#entries.set(name, made)
    return made
  }

  #refetch(): void {
    const throttle = new Throttle(this.#resetThrottle || REFETCH_LIMIT)
    for (const entry of this.#entries.values()) entry.refetch(throttle)
  }

  #reset(payload: string): void {
    let resources: string[] | undefined
    let access: string[] | undefined
    try {
      const fields = Fields.parse(payload.trim() === "" ? "{}" : payload)
      resources = fields.strings("resources")
      access = fields.strings("access")
    } catch (error) {
      this.#host.log.warn({ err: error }, "dropped an invalid system reset")
      return
    }
    const throttle = this.#resetThrottle > 0 ? new Throttle(this.#resetThrottle) : undefined
    for (const entry of this.#matching(resources)) entry.reset(throttle)
    for (const entry of this.#matching(access)) entry.reaccess(throttle)
  }

  /** The matching entries. An entry is listed once for each pattern that it matches, as Resgate asks that often. */
  #matching(patterns: readonly string[] = []): CacheEntry[] {
    const wanted = new ResetPatterns(patterns)
    const named = wanted.names.flatMap((name) => this.#entries.get(name) ?? [])
    if (!wanted.haveWildcards) return named
    const timesOf = (entry: CacheEntry): CacheEntry[] => Array(wanted.countWildcards(entry.name)).fill(entry)
    return [...named, ...[...this.#entries.values()].flatMap(timesOf)]
  }
}
