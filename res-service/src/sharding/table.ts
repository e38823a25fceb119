import { setTimeout as sleep } from "node:timers/promises"
import type { KV, KvWatchEntry } from "@nats-io/kv"
import type { NatsConnection, QueuedIterator } from "nats"
import { LEASE_MS, RENEW_INTERVAL_MS } from "./lease.ts"
import { elapsedMs, type Moment, moment } from "./moment.ts"

/** What `member.<id>` holds: a process that serves. */
export interface MemberEntry {
  /** For people who read the bucket. */
  readonly host: string
  readonly pid: number
  /** It hands over its shards and takes no more. */
  readonly leaving?: true
}

/** What `shard.<number>` holds. Without an owner: it was released. */
export interface ShardEntry {
  readonly owner?: string
}

interface SeenMember {
  readonly entry: MemberEntry
  readonly revision: number
  /** The revision before. */
  readonly previous: number
  /** When this process has seen that revision first. */
  readonly seenAt: Moment
}

/** A member that has no lease any more. */
export interface GoneMember {
  readonly id: string
  /** What it said last; undefined: it was gone before this process has joined. */
  readonly entry: MemberEntry | undefined
}

interface SeenShard {
  readonly owner: string | undefined
  readonly revision: number
}

/** A member that has not renewed its lease for this long, in ms, may leave gets without an answer in time. */
const LATE_MS = 2000

/**
 * The own renewals come every second, so a table that is silent for this long, in ms, is not sent the changes any more: the nats-server that
 * sent them is gone, and the connection is to another one. The NATS client would notice after a minute.
 */
const SILENCE_MS = 2 * RENEW_INTERVAL_MS

const OPEN_TIMEOUT_MS = 5000
/** Pause before the table is followed again, in ms. */
const RETRY_MS = 50

/** A member that has not renewed its lease for this long, in ms, may be gone already. */
const FRESH_MS = RENEW_INTERVAL_MS + 500

/**
 * The bucket of members and shards, as this process has seen it last. All processes see the changes in the same order, some later than
 * others. So it never permits anything: each write names the revision that it replaces, and one that is based on an old view is refused.
 */
export class ShardTable {
  readonly #nc: NatsConnection
  readonly #kv: KV
  readonly #members = new Map<string, SeenMember>()
  readonly #gone: GoneMember[] = []
  readonly #shards = new Map<number, SeenShard>()
  readonly #listeners = new Set<() => void>()
  #revision = 0
  #entries: QueuedIterator<KvWatchEntry> | undefined
  #closed = false
  readonly #following: Promise<void>
  readonly #listening: NodeJS.Timeout
  #heardAt = performance.now()

  private constructor(nc: NatsConnection, kv: KV) {
    this.#nc = nc
    this.#kv = kv
    this.#following = this.#follow()
    this.#listening = setInterval(() => this.#listen(), RENEW_INTERVAL_MS / 4)
    void this.#watchReconnects()
  }

  /**
   * Resolves when everything up to `revision`, which the caller has written, is known, and which of the members renew their leases.
   * Rejects when that takes too long.
   */
  static async open(nc: NatsConnection, kv: KV, member: string, revision: number): Promise<ShardTable> {
    const table = new ShardTable(nc, kv)
    if (!(await table.#until(() => table.revision >= revision, OPEN_TIMEOUT_MS))) {
      await table.close()
      throw new Error("the table of shards does not come")
    }
    const others = [...table.#members.keys()].filter((id) => id !== member)
    await table.#until(() => others.every((id) => table.isMemberFresh(id)), FRESH_MS)
    return table
  }

  /** Resolves when it is not followed any more. Close the connection only then: the NATS client cannot end what it is about to begin. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#listening)
    this.#entries?.stop()
    await this.#following
  }

  /** Calls `listener` after each change. Returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The IDs of members that take shards. */
  get members(): readonly string[] {
    return [...this.#members].flatMap(([id, { entry }]) => (entry.leaving === true ? [] : [id])).sort()
  }

  /** The newest revision in it. */
  get revision(): number {
    return this.#revision
  }

  /** The last seen revision of a member's key; 0: it has no lease. */
  revisionOfMember(id: string): number {
    return this.#members.get(id)?.revision ?? 0
  }

  /**
   * Whether all members know everything up to a revision. A member renews its lease only when it has seen its last renewal. So when two
   * renewals are newer than the revision, the member has seen the first of them, and everything before.
   */
  isKnownToAll(revision: number): boolean {
    return [...this.#members.values()].every(({ previous }) => previous > revision)
  }

  /** Members whose lease has run out, with the revision by which to end it. */
  get overdue(): readonly { readonly id: string; readonly revision: number }[] {
    const overdue = [...this.#members].filter(([, { seenAt }]) => elapsedMs(seenAt) >= LEASE_MS)
    return overdue.map(([id, { revision }]) => ({ id, revision }))
  }

  /** Members whose lease has ended lately. Each is returned once. */
  takeGone(): readonly GoneMember[] {
    return this.#gone.splice(0)
  }

  /** The member that owns a shard. Undefined: none, or one that is not known to have a lease. */
  ownerOf(shard: number): string | undefined {
    const owner = this.lastOwnerOf(shard)
    return owner !== undefined && this.#members.has(owner) ? owner : undefined
  }

  /** The member that has claimed a shard last and not released it. */
  lastOwnerOf(shard: number): string | undefined {
    return this.#shards.get(shard)?.owner
  }

  /** Whether a member is late to renew its lease. */
  get isAnyLate(): boolean {
    return [...this.#members.values()].some(({ seenAt }) => elapsedMs(seenAt) >= LATE_MS)
  }

  /** Whether this process has seen a member renew its lease lately, so that it probably answers. */
  isMemberFresh(member: string): boolean {
    const seen = this.#members.get(member)
    return seen !== undefined && seen.previous > 0 && elapsedMs(seen.seenAt) < FRESH_MS
  }

  /** The revision that a claim of a shard replaces; 0: the shard was never owned. */
  revisionOf(shard: number): number {
    return this.#shards.get(shard)?.revision ?? 0
  }

  /** Notes an own write at once. */
  wrote(shard: number, owner: string | undefined, revision: number): void {
    if (revision > this.revisionOf(shard)) this.#shards.set(shard, { owner, revision })
  }

  /** False: not within the time. */
  async #until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    let stop = (): void => {}
    const met = new Promise<true>((resolve) => {
      stop = this.onChange(() => {
        if (condition()) resolve(true)
      })
    })
    try {
      return condition() || (await Promise.race([met, sleep(timeoutMs, false, { ref: false })]))
    } finally {
      stop()
    }
  }

  async #follow(): Promise<void> {
    while (!this.#closed && !this.#nc.isClosed()) {
      try {
        this.#entries = await this.#kv.watch({ key: ["member.>", "shard.>"] })
        if (this.#closed) this.#entries.stop()
        for await (const entry of this.#entries) {
          this.#heardAt = performance.now()
          this.#take(entry)
          this.#revision = Math.max(this.#revision, entry.revision)
          for (const listener of [...this.#listeners]) listener()
        }
      } catch {
        // Without the table the lease is not renewed, which ends this term.
      }
      if (!this.#closed) await sleep(RETRY_MS)
    }
  }

  #listen(): void {
    if (performance.now() - this.#heardAt < SILENCE_MS) return
    this.#heardAt = performance.now()
    this.#entries?.stop()
  }

  // nats-server may have lost what it sends the changes with. To begin again at once is faster than to miss its heartbeats.
  async #watchReconnects(): Promise<void> {
    for await (const status of this.#nc.status()) {
      if (this.#closed) return
      if (status.type === "reconnect") this.#entries?.stop()
    }
  }

  #take(entry: KvWatchEntry): void {
    const [kind, id = ""] = entry.key.split(".")
    const isValue = entry.operation === "PUT"
    if (kind === "member") {
      if (entry.revision <= this.revisionOfMember(id)) return // seen before a reconnect
      if (isValue) {
        const { revision } = entry
        const previous = this.revisionOfMember(id)
        this.#members.set(id, { entry: entry.json<MemberEntry>(), revision, previous, seenAt: moment() })
      } else {
        this.#gone.push({ id, entry: this.#members.get(id)?.entry })
        this.#members.delete(id)
      }
    } else if (kind === "shard") {
      this.wrote(Number(id), isValue ? entry.json<ShardEntry>().owner : undefined, entry.revision)
    }
  }
}
