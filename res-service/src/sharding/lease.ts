import { setTimeout as sleep } from "node:timers/promises"
import type { KV } from "@nats-io/kv"
import type { NatsConnection } from "nats"
import type { Logger } from "../logger.ts"
import { isStreamMissing } from "./api-error.ts"
import { Deadline, type Moment, moment } from "./moment.ts"

/** How long a lease covers its holder, counted from before its last renewal was sent. After that others may end it. */
export const LEASE_MS = 3000
/** Two renewals may fail before the lease runs out. */
export const RENEW_INTERVAL_MS = 1000
/** How long the bucket keeps the mark of a lease that has ended: longer than nats-server keeps a connection that does not answer. */
const MARK_TTL = "10m"

/** What happens to a lease: `renewed` after each renewal; `lost` once, and nothing after it. */
export type LeaseEvent = "renewed" | "lost"

/**
 * The right of a process to answer requests and send events, as a key of a KV bucket that the process keeps writing.
 *
 * The holder counts from before it sent its last renewal. Another process may end the lease when it has seen the same revision for
 * `LEASE_MS` on its own clock, and it saw that revision after the holder had sent it. So the holder's time is over first, however long
 * messages travel, and no two clocks are compared. To end a lease is to delete its key on condition that the revision is still that one.
 * After that no renewal can succeed, because each names the revision that it replaces.
 */
export class Lease {
  readonly #nc: NatsConnection
  readonly #kv: KV
  readonly #key: string
  readonly #logger: Logger
  readonly #deadline: Deadline
  readonly #listeners = new Set<(event: LeaseEvent) => void>()
  readonly #ended = new AbortController()
  readonly #keeping: Promise<void>
  #renewing: Promise<void> = Promise.resolve()
  #value: string
  #revision: number
  /** The last revision that the caller has seen by watching the bucket. */
  #shown = 0

  /** Resolves when the lease has ended: by `release`, or because another process has ended it. */
  readonly ended: Promise<void>

  private constructor(nc: NatsConnection, kv: KV, key: string, value: string, taken: Taken, logger: Logger) {
    this.#nc = nc
    this.#kv = kv
    this.#key = key
    this.#value = value
    this.#revision = taken.revision
    this.#deadline = new Deadline(taken.sentAt, LEASE_MS)
    this.#logger = logger
    this.ended = new Promise((resolve) => this.#ended.signal.addEventListener("abort", () => resolve()))
    this.#keeping = this.#keep()
    void this.#watchReconnects()
  }

  /** Takes a lease under a key that nobody else uses. Rejects when JetStream does not answer. */
  static async take(nc: NatsConnection, kv: KV, key: string, value: object, logger: Logger): Promise<Lease> {
    const sentAt = moment()
    const text = JSON.stringify(value)
    const revision = await kv.create(key, text)
    return new Lease(nc, kv, key, text, { revision, sentAt }, logger)
  }

  /** Revision of the last renewal. */
  get revision(): number {
    return this.#revision
  }

  /**
   * The caller, which watches the bucket, has seen this revision of the key. Without that the lease is not renewed: a process whose view of
   * the bucket stands still must not go on to act on it.
   */
  show(revision: number): void {
    const wasBehind = this.#shown < this.#revision
    this.#shown = Math.max(this.#shown, revision)
    // A renewal may have been left out.
    if (wasBehind && this.#shown >= this.#revision && this.#deadline.passed) void this.#renew()
  }

  /** Ends the lease of another process on condition that its revision is still the one that was seen. Rejects when it is not. */
  static async end(kv: KV, key: string, revision: number): Promise<void> {
    await kv.purge(key, { previousSeq: revision, ttl: MARK_TTL })
  }

  /** True while the lease covers its holder. Ask again before each message that is sent. */
  get held(): boolean {
    return !this.#ended.signal.aborted && !this.#deadline.passed
  }

  /** Calls `listener` at each event. Returns a function that ends this. */
  onEvent(listener: (event: LeaseEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Changes what the key says about its holder. Resolves when that is stored, or could not be stored yet. */
  async say(value: object): Promise<void> {
    this.#value = JSON.stringify(value)
    await this.#renew()
  }

  /** Ends the lease. Does nothing when it has ended. */
  async release(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    await this.#keeping
    await this.#renewing
    try {
      await this.#kv.purge(this.#key, { ttl: MARK_TTL })
    } catch (error) {
      this.#logger.debug({ err: error }, "could not release the lease; it runs out by itself")
    }
  }

  async #keep(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      await sleep(RENEW_INTERVAL_MS, undefined, { signal }).catch(() => {})
      if (!signal.aborted) await this.#renew()
    }
  }

  // At once, since messages that could not be sent wait for the renewal.
  async #watchReconnects(): Promise<void> {
    for await (const status of this.#nc.status()) {
      if (this.#ended.signal.aborted) return
      if (status.type === "reconnect") await this.#renew()
    }
  }

  // One after the other: of two renewals at the same time, one would be refused.
  #renew(): Promise<void> {
    this.#renewing = this.#renewing.then(() => this.#renewOnce())
    return this.#renewing
  }

  async #renewOnce(): Promise<void> {
    if (this.#ended.signal.aborted) return
    if (this.#shown < this.#revision) {
      // Another process may end it meanwhile, or may have deleted the bucket: then this revision will never be shown.
      if (this.#deadline.passed) await this.#look()
      return
    }
    const sentAt = moment()
    try {
      this.#revision = await this.#kv.update(this.#key, this.#value, this.#revision)
      this.#deadline.extend(sentAt)
    } catch (error) {
      if (this.#ended.signal.aborted) return
      this.#logger.debug({ err: error }, "could not renew the lease")
      await this.#look()
      return
    }
    if (!this.#ended.signal.aborted) this.#tell("renewed")
  }

  /** Finds out why a renewal failed: it was stored and its acknowledgement was lost, or another process has ended the lease. */
  async #look(): Promise<void> {
    try {
      const entry = await this.#kv.get(this.#key)
      if (entry?.operation === "PUT") this.#revision = Math.max(this.#revision, entry.revision)
      else this.#lose("another process has ended it")
    } catch (cause) {
      if (isStreamMissing(cause) || this.#nc.isClosed()) this.#lose("the bucket is gone")
    }
  }

  #lose(reason: string): void {
    if (this.#ended.signal.aborted) return
    this.#logger.warn({ reason }, "lost the lease")
    this.#ended.abort()
    this.#tell("lost")
  }

  #tell(event: LeaseEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }
}

interface Taken {
  readonly revision: number
  readonly sentAt: Moment
}
