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

/** How long a lease covers its holder, counted from before its last renewal was sent. A silent holder is replaced after it. */
export const LEASE_MS = 3000
/** Two renewals may fail before the lease runs out. */
const RENEW_INTERVAL_MS = 1000
const REQUEST_TIMEOUT_MS = 1000
/** How often a standby looks at the lease: what a released lease stays unclaimed for, at most. */
const POLL_INTERVAL_MS = 250
/** The bucket forgets a lease that nobody renews, so that a start long after a crash need not wait for it to run out. */
const BUCKET_TTL_MS = 60_000

export interface LeaseOptions {
  readonly logger: Logger
  /** Ends `acquire`, which then rejects. */
  readonly signal?: AbortSignal
}

/** What the bucket holds: who has the lease. */
interface Holder {
  readonly id: string
  /** For people who look into the bucket. */
  readonly host: string
  readonly pid: number
}

/** What happens to a lease: `renewed` after each renewal, `lost` once, as the last. */
export type LeaseEvent = "renewed" | "lost"

/**
 * The right to be the one active service, as a key of a JetStream KV bucket that its holder keeps writing.
 *
 * Why two never hold it at the same time: every write names the revision that it replaces, so one of two writers is refused. A
 * standby claims the lease only after the same revision has stood for `LEASE_MS` on the standby's own clock, and it saw that
 * revision after the holder had sent it. The holder counts from before it sent. So the holder's time is over first, however
 * long messages travel, and no two clocks are compared.
 */
export class Lease {
  readonly #nc: NatsConnection
  readonly #kv: KV
  readonly #jsm: JetStreamManager
  readonly #logger: Logger
  readonly #holder: Holder
  readonly #deadline: Deadline
  readonly #listeners = new Set<(event: LeaseEvent) => void>()
  readonly #ended = new AbortController()
  readonly #keeping: Promise<void>
  #revision: number

  /** Resolves when another service may be active for good: this one has to begin anew. */
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
   * Stands by until the lease can be had, then holds it until `release`, or until it is lost.
   *
   * Rejects when `signal` aborts, or when the connection is closed.
   */
  static async acquire(nc: NatsConnection, { logger, signal }: LeaseOptions): Promise<Lease> {
    const holder: Holder = { id: randomUUID(), host: hostname(), pid: process.pid }
    let standby: Standby | undefined
    for (;;) {
      signal?.throwIfAborted()
      try {
        standby ??= new Standby(await openBucket(nc), holder, logger)
        const claimed = await standby.look()
        if (claimed !== undefined) return new Lease(nc, standby.bucket, logger, claimed)
      } catch (error) {
        if (nc.isClosed()) throw error
        if (isStreamMissing(error)) standby = undefined
        logger.debug({ err: error }, "could not read the lease")
      }
      await sleep(POLL_INTERVAL_MS, undefined, { signal })
    }
  }

  /** True while the lease covers its holder: nobody else can be active. Ask again before each thing that is sent. */
  get held(): boolean {
    return !this.#ended.signal.aborted && !this.#deadline.passed
  }

  /** Calls `listener` at each event; returns a function that stops that. */
  onEvent(listener: (event: LeaseEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Lets the next one have it at once. Does nothing when it is lost. */
  async release(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    await this.#keeping
    await this.#kv.delete(KEY, { previousSeq: this.#revision }).catch((error: unknown) => {
      this.#logger.debug({ err: error }, "could not release the lease; it runs out by itself")
    })
  }

  async #keep(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      await sleep(RENEW_INTERVAL_MS, undefined, { signal }).catch(() => {})
      if (!signal.aborted) await this.#renew()
    }
  }

  // At once, for whatever could not be sent meanwhile waits for the renewal.
  async #watchReconnects(): Promise<void> {
    for await (const status of this.#nc.status()) {
      if (this.#ended.signal.aborted) return
      if (status.type === "reconnect") await this.#renew()
    }
  }

  async #renew(): Promise<void> {
    const sentAt = moment()
    try {
      this.#advance(await this.#kv.update(KEY, JSON.stringify(this.#holder), this.#revision))
      this.#deadline.extend(sentAt)
      if (!this.#ended.signal.aborted) this.#tell("renewed")
    } catch (error) {
      if (this.#ended.signal.aborted) return
      this.#logger.debug({ err: error }, "could not renew the lease")
      await this.#look().catch((cause: unknown) => {
        if (isStreamMissing(cause) || this.#nc.isClosed()) this.#lose("the bucket is gone")
      })
    }
  }

  /** Finds out whether a renewal that seems to have failed was stored all the same, or another service has the lease. */
  async #look(): Promise<void> {
    await this.#jsm.streams.info(`KV_${BUCKET}`)
    const entry = await this.#kv.get(KEY)
    const holder = holderOf(entry)
    if (holder?.id === this.#holder.id) return this.#advance(entry?.revision ?? 0)
    this.#lose(holder === undefined ? "the bucket no longer has it" : `process ${holder.pid} on ${holder.host} has it`)
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

/** Looks at the lease of another service until it has run out. */
class Standby {
  readonly bucket: Bucket
  readonly #holder: Holder
  readonly #logger: Logger
  #seen: { readonly revision: number; readonly at: Moment } | undefined

  constructor(bucket: Bucket, holder: Holder, logger: Logger) {
    this.bucket = bucket
    this.#holder = holder
    this.#logger = logger
  }

  /** Claims the lease if it can be had. Undefined: another service has it, or was faster. */
  async look(): Promise<Claimed | undefined> {
    const entry = await this.bucket.kv.get(KEY)
    const other = holderOf(entry)
    // Our own: an earlier claim was stored, though its acknowledgement did not come.
    const isFree = other === undefined || other.id === this.#holder.id
    return isFree || this.#hasRunOut(other, entry?.revision ?? 0) ? await this.#claim(entry?.revision ?? 0) : undefined
  }

  #hasRunOut(other: Holder, revision: number): boolean {
    if (this.#seen === undefined) {
      this.#logger.info({ host: other.host, pid: other.pid }, "another service is active; standing by")
    }
    if (this.#seen?.revision !== revision) this.#seen = { revision, at: moment() }
    return elapsedMs(this.#seen.at) >= LEASE_MS
  }

  async #claim(previousSeq: number): Promise<Claimed | undefined> {
    const sentAt = moment()
    try {
      const revision = await this.bucket.kv.put(KEY, JSON.stringify(this.#holder), { previousSeq })
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

/** Undefined: nobody has it; the key was never written, or its holder has released it. */
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
