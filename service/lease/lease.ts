import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { JetStreamApiCodes, JetStreamApiError, type JetStreamManager, jetstream } from "@nats-io/jetstream"
import { type KV, type KvEntry, Kvm } from "@nats-io/kv"
import type { NatsConnection } from "nats"
import type { Logger } from "res-service"
import { Deadline, elapsedMs, type Moment, moment } from "./moment.ts"

const BUCKET = "leases"
const KEY = "service"

/** How long a lease covers its holder, counted from before its last renewal was sent. After that a standby replaces the holder. */
export const LEASE_MS = 3000
/** Two renewals may fail before the lease runs out. */
const RENEW_INTERVAL_MS = 1000
const REQUEST_TIMEOUT_MS = 1000
/** How often a standby reads the lease, in ms; a released lease is claimed that much later at most. */
const POLL_INTERVAL_MS = 250
/** The bucket forgets a lease that nobody renews, so that a start long after a crash does not wait for it to run out. */
const BUCKET_TTL_MS = 60_000

export interface LeaseOptions {
  readonly logger: Logger
  /** Ends `acquire`, which then rejects. */
  readonly signal?: AbortSignal
  /** Called each time that another service has renewed the lease and says that it answers requests. */
  readonly onOtherServes?: () => void
}

/** What the bucket holds: who has the lease. */
interface Holder {
  readonly id: string
  /** It answers requests. */
  readonly serves?: true
  /** For people who read the bucket. */
  readonly host: string
  readonly pid: number
}

/** What happens to a lease: `renewed` after each renewal; `lost` once, and nothing after it. */
export type LeaseEvent = "renewed" | "lost"

/**
 * The right to be the one active service, as a key of a JetStream KV bucket that its holder keeps writing.
 *
 * Two services never hold it at the same time. Every write names the revision that it replaces, so one of two writers is refused. A
 * standby claims the lease only after it has seen the same revision for `LEASE_MS` on its own clock, and it saw that revision after
 * the holder had sent it. The holder counts from before it sent the revision. So the holder's time is over first, however long messages
 * travel, and no two clocks are compared.
 */
export class Lease {
  readonly #nc: NatsConnection
  readonly #kv: KV
  readonly #jsm: JetStreamManager
  readonly #logger: Logger
  readonly #deadline: Deadline
  readonly #listeners = new Set<(event: LeaseEvent) => void>()
  readonly #ended = new AbortController()
  readonly #keeping: Promise<void>
  #renewing: Promise<void> = Promise.resolve()
  #holder: Holder
  #revision: number

  /** Resolves when another service may be active for good: this one has to acquire the lease again. */
  readonly lost: Promise<void>

  /** The revision at which the lease was acquired: each later holder has a greater one. */
  readonly term: number

  private constructor(nc: NatsConnection, bucket: Bucket, logger: Logger, claimed: Claimed) {
    this.#nc = nc
    this.#kv = bucket.kv
    this.#jsm = bucket.jsm
    this.#logger = logger
    this.#holder = claimed.holder
    this.#revision = claimed.revision
    this.#deadline = new Deadline(claimed.sentAt, LEASE_MS)
    this.term = claimed.revision
    this.lost = new Promise((resolve) => {
      this.onEvent((event) => {
        if (event === "lost") resolve()
      })
    })
    this.#keeping = this.#keep()
    void this.#watchReconnects()
  }

  /**
   * Stands by until the lease is free, then holds it until `release` or until it is lost.
   *
   * Rejects when `signal` aborts, or when the connection is closed.
   */
  static async acquire(nc: NatsConnection, options: LeaseOptions): Promise<Lease> {
    const { logger, signal } = options
    const holder: Holder = { id: randomUUID(), host: hostname(), pid: process.pid }
    const standby = new Standby(holder, options)
    let bucket: Bucket | undefined
    for (;;) {
      signal?.throwIfAborted()
      try {
        bucket ??= await openBucket(nc)
        const claimed = await standby.look(bucket)
        if (claimed !== undefined) return new Lease(nc, bucket, logger, claimed)
      } catch (error) {
        if (nc.isClosed()) throw error
        // Somebody may have deleted the bucket, so it is made again.
        bucket = undefined
        logger.debug({ err: error }, "could not read the lease")
      }
      await sleep(POLL_INTERVAL_MS, undefined, { signal })
    }
  }

  /** True while the lease covers its holder, so that nobody else can be active. Ask again before each message that is sent. */
  get held(): boolean {
    return !this.#ended.signal.aborted && !this.#deadline.passed
  }

  /** Calls `listener` at each event. Returns a function that ends this. */
  onEvent(listener: (event: LeaseEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells the others that the holder answers requests. Resolves when that is stored, or could not be stored yet. */
  async serve(): Promise<void> {
    this.#holder = { ...this.#holder, serves: true }
    await this.#renew()
  }

  /** Frees the lease, so that another service can acquire it at once. Does nothing when it is lost. */
  async release(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    await this.#keeping
    await this.#renewing
    try {
      const entry = await this.#kv.get(KEY)
      // After a lost acknowledgement the revision is newer than the known one.
      if (entry !== null && this.#isOwn(entry)) await this.#kv.delete(KEY, { previousSeq: entry.revision })
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
    const sentAt = moment()
    try {
      this.#advance(await this.#kv.update(KEY, JSON.stringify(this.#holder), this.#revision))
      this.#deadline.extend(sentAt)
    } catch (error) {
      if (this.#ended.signal.aborted) return
      this.#logger.debug({ err: error }, "could not renew the lease")
      await this.#look().catch((cause: unknown) => {
        if (isStreamMissing(cause) || this.#nc.isClosed()) this.#lose("the bucket is gone")
      })
      return
    }
    if (!this.#ended.signal.aborted) this.#tell("renewed")
  }

  /** Finds out why a renewal failed: it was stored and its acknowledgement was lost, or another service has the lease. */
  async #look(): Promise<void> {
    await this.#jsm.streams.info(`KV_${BUCKET}`)
    const entry = await this.#kv.get(KEY)
    if (entry !== null && this.#isOwn(entry)) return this.#advance(entry.revision)
    // A replica that is behind may answer with an earlier holder.
    if (entry !== null && entry.revision < this.#revision) return
    const holder = holderOf(entry)
    this.#lose(holder === undefined ? "the bucket no longer has it" : `process ${holder.pid} on ${holder.host} has it`)
  }

  #isOwn(entry: KvEntry): boolean {
    return holderOf(entry)?.id === this.#holder.id
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
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

interface Bucket {
  readonly kv: KV
  readonly jsm: JetStreamManager
}

interface Claimed {
  readonly holder: Holder
  readonly revision: number
  readonly sentAt: Moment
}

/** Watches the lease of another service until it has run out. */
class Standby {
  readonly #holder: Holder
  readonly #logger: Logger
  readonly #onOtherServes: () => void
  #seen: { readonly id: string; readonly revision: number; readonly at: Moment } | undefined

  constructor(holder: Holder, { logger, onOtherServes = () => {} }: LeaseOptions) {
    this.#holder = holder
    this.#logger = logger
    this.#onOtherServes = onOtherServes
  }

  /** Claims the lease if it is free or has run out. Undefined: another service has it, or was faster. */
  async look({ kv }: Bucket): Promise<Claimed | undefined> {
    const entry = await kv.get(KEY)
    const other = holderOf(entry)
    // Our own: an earlier claim was stored, though its acknowledgement did not come.
    if (entry === null || other === undefined || other.id === this.#holder.id)
      return await this.#claim(kv, entry?.revision ?? 0)
    return this.#hasRunOut(other, entry.revision) ? await this.#claim(kv, entry.revision) : undefined
  }

  #hasRunOut({ id, host, pid, serves }: Holder, revision: number): boolean {
    const seen = this.#seen
    if (seen === undefined) this.#logger.info({ host, pid }, "another service is active; standing by")
    // The ID too: a bucket that was deleted and made again counts its revisions from 1.
    if (seen?.revision === revision && seen.id === id) return elapsedMs(seen.at) >= LEASE_MS
    this.#seen = { id, revision, at: moment() }
    // A renewal, so the holder lives.
    if (seen?.id === id && serves) this.#onOtherServes()
    return false
  }

  async #claim(kv: KV, previousSeq: number): Promise<Claimed | undefined> {
    const sentAt = moment()
    try {
      const revision = await kv.put(KEY, JSON.stringify(this.#holder), { previousSeq })
      this.#logger.info({ term: revision }, "acquired the lease")
      return { holder: this.#holder, revision, sentAt }
    } catch (error) {
      if (isConflict(error)) return undefined
      throw error
    }
  }
}

async function openBucket(nc: NatsConnection): Promise<Bucket> {
  const js = jetstream(nc, { timeout: REQUEST_TIMEOUT_MS })
  const kv = await new Kvm(js).create(BUCKET, { history: 1, ttl: BUCKET_TTL_MS })
  return { kv, jsm: await js.jetstreamManager(false) }
}

/** Undefined: nobody has the lease; the key was never written, or its holder has released it. */
function holderOf(entry: KvEntry | null): Holder | undefined {
  return entry?.operation === "PUT" ? entry.json<Holder>() : undefined
}

function isConflict(error: unknown): boolean {
  const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes
  return (
    error instanceof JetStreamApiError &&
    (error.code === StreamWrongLastSequence || error.code === StreamWrongLastSequenceUnknown)
  )
}

function isStreamMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound
}
