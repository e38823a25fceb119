import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstream } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import type { NatsConnection } from "nats"
import type { Conn, Msg, Subscription } from "../conn.ts"
import { hasSubscribers } from "../has-subscribers.ts"
import type { Logger } from "../logger.ts"
import { natsConn } from "../nats-conn.ts"
import type { Routing } from "../service/routing.ts"
import { isConflict, isStreamMissing } from "./api-error.ts"
import { balance } from "./balance.ts"
import { FencedConn } from "./fenced-conn.ts"
import { KeptResets, type ResetPatterns } from "./kept-resets.ts"
import { LEASE_MS, Lease } from "./lease.ts"
import { type OwnerTask, OwnerTasks } from "./owner-tasks.ts"
import { Router } from "./router.ts"
import { type MemberEntry, type ShardEntry, ShardTable } from "./table.ts"
import { WatchedNames } from "./watched-names.ts"

const REQUEST_TIMEOUT_MS = 2000
/** This key exists when everything was reset once, so that names are noted from then on. */
const EVERYTHING_RESET = "everything-reset"
/** How long the bucket keeps the marks of keys that it deletes itself, in ms. */
const MARKER_TTL_MS = 60_000
/** How often it looks for leases that have run out, in ms. */
const SETTLE_INTERVAL_MS = 250
const SWEEP_INTERVAL_MS = 10_000
/** Pause before something is tried again that JetStream did not do, in ms. */
const RETRY_MS = 250
/** How long a gateway may wait for a get that a member has promised to answer, in ms. */
const LONGEST_GET_MS = 12_000
/** Most time to hand over all shards before the process ends, in ms. */
const LEAVE_TIMEOUT_MS = 5000

/** Ends the watched names of what is below a root; the root itself may be a resource, too. */
const BELOW = ".>"

/** What a service shares among its processes, and how. */
export interface ShardsOptions {
  /** Names the service: its processes share the bucket `<name>-shards` and the subjects `shards.<name>.>`. */
  readonly name: string
  /** How many shards there are, numbered from 0. All processes must agree. */
  readonly count: number
  /** The shard whose owner answers for a resource, and the root under which its watchers are counted. Undefined: every process answers. */
  readonly locate: (resource: string) => Location | undefined
  /** As `ServiceOptions.replyTo`: what is answered while no lease is held, too. */
  readonly replyTo?: (subject: string) => boolean
  /** Called for each `system.reset` that is sent, for metrics. */
  readonly onReset?: (() => void) | undefined
  /** Copies of the bucket in a NATS cluster. Default 1. */
  readonly replicas?: number
  readonly logger: Logger
}

/** Where a resource belongs. */
export interface Location {
  readonly shard: number
  /** A beginning of the resource's name, such as `library.42` of `library.42.books`. Undefined: gateways are not told when it moves. */
  readonly root?: string | undefined
}

/** What a process does with the shards that it owns. */
export interface ShardWork {
  /** Called before requests of these shards are answered. When it rejects, it is called again. */
  acquire(shards: readonly number[]): Promise<void>
  /** Called when all requests of these shards are answered, before another process may own them. */
  release(shards: readonly number[]): Promise<void>
  /** No gateway shows these roots, nor resources below them, any more. */
  unload(roots: readonly string[]): void
  /** Resolves when no request of these shards is being answered. */
  idle(shards: readonly number[]): Promise<void>
  /** The patterns of all resources of the service. */
  readonly everything: ResetPatterns
}

type State = "acquiring" | "served" | "releasing"

/**
 * This process as one of several that share the shards of a service evenly. Each shard has one owner at a time, which answers its requests
 * and sends its events; whoever else gets a request hands it on. Messages are sent only while the lease of this process covers them.
 */
export class Shards implements Routing {
  /** For the `Service`: sends and receives only while the lease is held. */
  readonly conn: Conn
  /** Identifies this process until its lease ends. */
  readonly member: string
  readonly #options: ShardsOptions
  readonly #all: readonly number[]
  readonly #nc: NatsConnection
  readonly #kv: KV
  readonly #lease: Lease
  readonly #table: ShardTable
  readonly #watched: WatchedNames
  readonly #resets: KeptResets
  readonly #tasks: OwnerTasks
  readonly #router: Router
  readonly #presence: Subscription
  readonly #states = new Map<number, State>()
  /** Members that have lost their lease and are still connected. */
  readonly #ghosts = new Set<string>()
  readonly #timers: NodeJS.Timeout[] = []
  #work: ShardWork | undefined
  #handle: (msg: Msg) => void = () => {}
  #leaving = false
  #settling = false
  #onSettled = (): void => {}

  /** Resolves when this process answers the requests of the shards that it should own, for the first time. */
  readonly settled = new Promise<void>((resolve) => {
    this.#onSettled = resolve
  })

  private constructor(nc: NatsConnection, options: ShardsOptions, joined: Joined) {
    const { name, logger } = options
    this.#options = options
    this.#all = Array.from({ length: options.count }, (_, shard) => shard)
    this.#nc = nc
    this.#kv = joined.kv
    this.member = joined.member
    this.#lease = joined.lease
    this.#table = joined.table
    this.#watched = new WatchedNames(this.#kv)
    const { conn } = joined
    // So that others find out that somebody is connected.
    this.#presence = conn.subscribe(membersSubject(name), () => {})
    this.conn = new FencedConn(conn, this.#lease, logger, options.replyTo)
    const show = (): void => this.#lease.show(this.#table.revisionOfMember(this.member))
    show()
    this.#table.onChange(show)
    this.#resets = new KeptResets(this.conn, options.onReset)
    this.#tasks = new OwnerTasks(conn)
    this.#router = new Router(conn, `shards.${name}`, this.member, this, (msg) => {
      if (!this.#tasks.handle(msg)) this.#handle(msg)
    })
  }

  /** Joins the processes of a service. Owns nothing until `start`. Rejects when JetStream does not answer. */
  static async join(nc: NatsConnection, options: ShardsOptions): Promise<Shards> {
    const conn = natsConn(nc)
    const kv = await openBucket(nc, options)
    await othersHaveNoticed(conn, kv, options)
    const member = randomUUID()
    const entry: MemberEntry = { host: hostname(), pid: process.pid }
    const lease = await Lease.take(nc, kv, `member.${member}`, entry, options.logger)
    try {
      const table = await ShardTable.open(nc, kv, member, lease.revision)
      options.logger.info({ member, others: table.members.length - 1 }, "joined the processes of the service")
      return new Shards(nc, options, { conn, kv, member, lease, table })
    } catch (error) {
      await lease.release()
      throw error
    }
  }

  /** False when the lease does not cover this process at the moment. */
  get held(): boolean {
    return this.#lease.held
  }

  /** Resolves when the lease has ended. */
  get ended(): Promise<void> {
    return this.#lease.ended
  }

  /** The shards whose requests this process answers. */
  get served(): readonly number[] {
    return [...this.#states].flatMap(([shard, state]) => (state === "served" ? [shard] : []))
  }

  /** Whether this process owns the shard, also while it may not answer: it may have to tell something later. */
  owns(shard: number): boolean {
    return this.#states.has(shard)
  }

  /** Whether any process answers requests of shards. False at a start that follows a crash, until the old leases have run out. */
  get isAnswered(): boolean {
    return this.#all.some((shard) => this.isServed(shard) || this.otherOwner(shard) !== undefined)
  }

  /** Whether this process answers requests of the shard and may change what belongs to it. Ask again after each wait. */
  isServed(shard: number): boolean {
    return this.#states.get(shard) === "served" && this.held
  }

  otherOwner(shard: number): string | undefined {
    const owner = this.#states.has(shard) ? undefined : this.#table.ownerOf(shard)
    return owner !== undefined && owner !== this.member && this.#table.isMemberFresh(owner) ? owner : undefined
  }

  revisionOf(shard: number): number {
    return this.#table.revisionOf(shard)
  }

  /** Begins to take shards. */
  start(work: ShardWork): void {
    this.#work = work
    void this.#resetEverythingOnce(work)
    this.conn.onStatus((status) => {
      // What was sent while the connection was lost may not have arrived.
      if (status === "connected") this.resetWatched()
    })
    this.#table.onChange(() => this.#settleSoon())
    this.#timers.push(
      setInterval(() => this.#settleSoon(), SETTLE_INTERVAL_MS),
      setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS),
    )
    this.#settleSoon()
  }

  /** Hands all shards over to other processes, if there are any. Requests are still answered or handed on. */
  async leave(): Promise<void> {
    this.#leaving = true
    const entry: MemberEntry = { host: hostname(), pid: process.pid, leaving: true }
    await this.#lease.say(entry)
    const deadline = performance.now() + LEAVE_TIMEOUT_MS
    const hasOthers = (): boolean => this.#table.members.length > 0 && this.held && performance.now() < deadline
    while (hasOthers() && this.#states.size > 0) {
      this.#settleSoon()
      await sleep(10)
    }
    // Until they all know that this process owns nothing, they hand requests on to it.
    const released = Math.max(this.#table.revision, ...this.#all.map((shard) => this.revisionOf(shard)))
    while (hasOthers() && !this.#table.isKnownToAll(released)) await sleep(10)
  }

  /** Ends everything. Call it when no request is being answered. */
  async close(): Promise<void> {
    this.#stop(this.#table.members.find((id) => id !== this.member && this.#table.isMemberFresh(id)))
    // What was sent must have reached NATS before another process may send.
    await this.#nc.flush().catch(() => {})
    await this.#lease.release()
    await this.#table.close()
  }

  /**
   * Ends everything at once after the lease has ended. What waits is refused: a process that stood still does not know how old it is. Its
   * sender may have given it up and sent something newer, which it would undo.
   */
  async abandon(): Promise<void> {
    this.#stop(undefined)
    this.#states.clear()
    await this.#table.close()
  }

  /** Says what a task does that other processes ask the owner of a resource to run. */
  onTask(task: string, run: OwnerTask): void {
    this.#tasks.on(task, run)
  }

  /** Has the owner of a resource run a task. Resolves to its result. */
  async ask(task: string, resource: string, params: unknown, timeoutMs: number): Promise<unknown> {
    const location = this.#options.locate(resource)
    if (location === undefined) throw new TypeError(`"${resource}" belongs to no shard`)
    return await this.#tasks.ask(task, resource, params, timeoutMs, (msg) => this.#router.route(msg, location.shard))
  }

  // Routing, for the service

  shardOf(resource: string): number | undefined {
    return this.#options.locate(resource)?.shard
  }

  route(msg: Msg, shard: number): void {
    this.#router.route(msg, shard)
  }

  onRequest(handle: (msg: Msg) => void): void {
    this.#handle = handle
  }

  got(resource: string): Promise<void> | undefined {
    const { shard, root } = this.#options.locate(resource) ?? {}
    if (shard === undefined || root === undefined) return undefined
    return this.#watched.got(shard, resource === root ? root : `${root}${BELOW}`)
  }

  /** Makes gateways get resources again, as `Service.reset` does; it is repeated until they surely have. */
  reset(resources: readonly string[]): void {
    this.#resets.send({ resources, access: [] })
  }

  /** Makes gateways get everything again that they may show below the roots that begin with `under`, of the own shards. */
  resetWatched(under = ""): void {
    this.#resets.send(patternsOf(this.#watched.all.filter((pattern) => pattern.startsWith(under))))
  }

  /** @param heir as that of `Router.stop` */
  #stop(heir: string | undefined): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    this.#work = undefined
    this.#presence.unsubscribe()
    this.#router.stop(heir)
    this.#resets.stop()
    this.#tasks.stop()
  }

  // Once for many changes at a time.
  #settleSoon(): void {
    if (this.#settling) return
    this.#settling = true
    setImmediate(() => {
      this.#settling = false
      if (!this.held) this.#resets.disturb()
      else if (this.#work !== undefined) this.#settle(this.#work)
      this.#router.update()
    })
  }

  /** Does what this process has to do, so that each shard gets the owner that it should have. */
  #settle(work: ShardWork): void {
    this.#watchOthers()
    for (const { id, revision } of this.#table.overdue) if (id !== this.member) void this.#end(id, revision)
    const shards = this.#all
    const owners = new Map(shards.map((shard) => [shard, this.#table.ownerOf(shard)]))
    const members = this.#table.members.filter((id) => !this.#leaving || id !== this.member)
    if (members.length === 0) return
    const targets = balance(members, owners)
    const isMine = (shard: number): boolean => targets.get(shard) === this.member
    const free = (shard: number): boolean => owners.get(shard) === undefined || owners.get(shard) === this.member
    const toTake = shards.filter((shard) => !this.#states.has(shard) && isMine(shard) && free(shard))
    const toGive = this.served.filter((shard) => !isMine(shard))
    if (shards.every((shard) => !isMine(shard) || this.isServed(shard))) this.#onSettled()
    if (toTake.length > 0) void this.#take(toTake, work)
    if (toGive.length > 0) void this.#give(toGive, work)
  }

  /** In a bucket that is new, or was deleted and made again, nobody has noted what gateways show. */
  async #resetEverythingOnce({ everything }: ShardWork): Promise<void> {
    await this.#retry("find out what gateways show", async () => {
      if ((await this.#kv.get(EVERYTHING_RESET)) !== null) return true
      this.#resets.send(everything)
      await this.#kv.put(EVERYTHING_RESET, "")
      return true
    })
  }

  /**
   * A member that has no lease any more may still be connected: it stands still, or its link is cut. Then nats-server passes requests to
   * it, which it never answers, and what it has sent may still arrive. nats-server says at once when it is gone.
   */
  #watchOthers(): void {
    if (this.#table.isAnyLate) this.#resets.disturb()
    for (const { id, entry } of this.#table.takeGone()) {
      if (id !== this.member && entry !== undefined && entry.leaving !== true)
        this.#options.logger.warn({ member: id, ...entry }, "a process did not renew its lease, which was ended")
      // A get that it had promised to answer may still be waited for.
      this.#resets.disturb(LONGEST_GET_MS)
      this.#ghosts.add(id)
    }
    for (const id of this.#ghosts) {
      this.#resets.disturb()
      void this.#router.isConnected(id).then((isConnected) => {
        if (!isConnected) this.#ghosts.delete(id)
      })
    }
  }

  /** Ends the lease of a member, which frees its shards. */
  async #end(member: string, revision: number): Promise<void> {
    try {
      await Lease.end(this.#kv, `member.${member}`, revision)
    } catch (error) {
      this.#options.logger.debug({ member, err: error }, "could not end a lease")
    }
  }

  async #take(wanted: readonly number[], work: ShardWork): Promise<void> {
    for (const shard of wanted) this.#states.set(shard, "acquiring")
    // They are free in this view: a claim is based on it, and not on what is known when it is written.
    const seen = new Map(wanted.map((shard) => [shard, this.#table.revisionOf(shard)]))
    const living = await this.#living(wanted)
    const isClaimed = async (shard: number): Promise<boolean> =>
      !living.has(shard) && (await this.#claim(shard, seen.get(shard) ?? 0))
    const claims = await Promise.all(wanted.map(isClaimed))
    const shards = wanted.filter((_, i) => claims[i])
    for (const shard of wanted) if (!shards.includes(shard)) this.#states.delete(shard)
    if (shards.length === 0) return
    const names = await this.#retry("take shards", async () => {
      await work.acquire(shards)
      return await this.#watched.read(shards)
    })
    if (names === undefined) return
    for (const shard of shards) this.#states.set(shard, "served")
    this.#options.logger.info({ shards: shards.length, served: this.served.length }, "serves more shards")
    this.#resets.send(patternsOf(names))
    this.#settleSoon()
  }

  async #give(shards: readonly number[], work: ShardWork): Promise<void> {
    for (const shard of shards) this.#states.set(shard, "releasing")
    const released = await this.#retry("hand over shards", async () => {
      await work.idle(shards)
      await work.release(shards)
      // What the parts had begun by themselves.
      await work.idle(shards)
      // What was sent must have reached NATS before another process may send.
      await this.#nc.flush()
      return true
    })
    if (released === undefined) return
    this.#watched.release(new Set(shards))
    await Promise.all(shards.map((shard) => this.#letGo(shard)))
    this.#options.logger.info({ shards: shards.length, served: this.served.length }, "handed over shards")
    this.#settleSoon()
  }

  /**
   * The shards whose last owner has a lease after all. Each renewal replaces the entry before it, so the table may show a claim before it
   * shows the member who made it.
   */
  async #living(shards: readonly number[]): Promise<ReadonlySet<number>> {
    const isGone = new Map<string, boolean>()
    const ownerOf = (shard: number): string => this.#table.lastOwnerOf(shard) ?? this.member
    await Promise.all(
      [...new Set(shards.map(ownerOf))].map(async (id) => {
        if (id === this.member) return
        // Without an answer nothing is claimed.
        const entry = await this.#kv.get(`member.${id}`).catch(() => undefined)
        isGone.set(id, entry !== undefined && entry?.operation !== "PUT")
      }),
    )
    return new Set(shards.filter((shard) => isGone.get(ownerOf(shard)) === false))
  }

  /** Becomes the owner of a shard that nobody owned at the revision `seen`. False: another process was faster. */
  async #claim(shard: number, seen: number): Promise<boolean> {
    if (this.#table.ownerOf(shard) === this.member) return true
    return (await this.#write(shard, { owner: this.member }, seen)) ?? false
  }

  async #letGo(shard: number): Promise<void> {
    await this.#retry("release a shard", async () => {
      // The lease may have ended meanwhile, and another process may have claimed it.
      if (this.#table.lastOwnerOf(shard) !== this.member) return
      if ((await this.#write(shard, {}, this.#table.revisionOf(shard))) === undefined)
        throw new Error("not known to be stored")
    })
    this.#states.delete(shard)
  }

  /** Writes who owns a shard, if its revision is still `previousSeq`. False: another process has written it. Undefined: not known. */
  async #write(shard: number, entry: ShardEntry, previousSeq: number): Promise<boolean | undefined> {
    const key = `shard.${shard}`
    try {
      const revision = await this.#kv.put(key, JSON.stringify(entry), { previousSeq })
      this.#table.wrote(shard, entry.owner, revision)
      return true
    } catch (error) {
      if (!isConflict(error)) return undefined
      // An earlier attempt may have been stored although its acknowledgement was lost.
      const stored = await this.#kv.get(key).catch(() => undefined)
      if (stored === undefined) return undefined
      const owner = stored?.operation === "PUT" ? stored.json<ShardEntry>().owner : undefined
      if (stored !== null) this.#table.wrote(shard, owner, stored.revision)
      return owner === entry.owner
    }
  }

  /** Repeats work until it succeeds. Undefined: the lease has ended. */
  async #retry<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    let isEnded = false
    void this.ended.then(() => {
      isEnded = true
    })
    while (!isEnded) {
      try {
        return await work()
      } catch (error) {
        this.#options.logger.warn({ err: error }, `could not ${what}; trying again`)
        await sleep(RETRY_MS)
      }
    }
    return undefined
  }

  #sweep(): void {
    const { toReset, toUnload } = this.#watched.sweep(this.#resets.isDisturbed)
    this.#resets.send(patternsOf(toReset))
    if (toUnload.length === 0) return
    const watched = new Set(this.#watched.all.map(rootOf))
    const roots = [...new Set(toUnload.map(rootOf))].filter((root) => !watched.has(root))
    if (roots.length > 0) this.#work?.unload(roots)
  }
}

interface Joined {
  readonly conn: Conn
  readonly kv: KV
  readonly member: string
  readonly lease: Lease
  readonly table: ShardTable
}

async function openBucket(nc: NatsConnection, { name, replicas = 1 }: ShardsOptions): Promise<KV> {
  const js = jetstream(nc, { timeout: REQUEST_TIMEOUT_MS })
  const { streams } = await js.jetstreamManager(false)
  const bucket = `${name}-shards`
  const known = await streams.info(`KV_${bucket}`).catch((error: unknown) => {
    if (isStreamMissing(error)) return undefined
    throw error
  })
  if (known !== undefined && known.config.num_replicas !== replicas)
    await streams.update(known.config.name, { num_replicas: replicas })
  // Read from the leader: an answer of a replica may be old.
  const options = { history: 1, replicas, markerTTL: MARKER_TTL_MS, allow_direct: false }
  const kvm = new Kvm(js)
  return await (known === undefined ? kvm.create(bucket, options) : kvm.open(bucket, options))
}

/**
 * Somebody may have deleted the bucket. Then processes that do not know it yet send for at most `LEASE_MS` more. They are connected, so
 * the first start of all does not wait.
 */
async function othersHaveNoticed(conn: Conn, kv: KV, { name }: ShardsOptions): Promise<void> {
  const { streamInfo } = await kv.status()
  const ageMs = Date.parse(streamInfo.ts ?? "") - Date.parse(streamInfo.created)
  if (ageMs < LEASE_MS && (await hasSubscribers(conn, membersSubject(name)))) await sleep(LEASE_MS - ageMs)
}

function membersSubject(name: string): string {
  return `shards.${name}`
}

function patternsOf(patterns: readonly string[]): ResetPatterns {
  return { resources: patterns, access: patterns }
}

/** The root of a watched name. */
function rootOf(pattern: string): string {
  return pattern.endsWith(BELOW) ? pattern.slice(0, -BELOW.length) : pattern
}
