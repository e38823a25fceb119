import type { Rules } from "./rules.ts"

/** A process in one of its terms: `A2` is process A in its second term. Each term has its own connection. */
export type MemberId = string

/** What a member sends on its connection. Ages are ticks since it was sent, on the sender's clock. */
export type Sent =
  | { readonly type: "renew"; readonly revision: number; readonly stopping: boolean; age: number }
  | { readonly type: "mark dead" | "remove"; readonly member: MemberId; readonly revision: number }
  | { readonly type: "claim" | "release"; readonly shard: number; readonly revision: number }
  | { readonly type: "event"; readonly number: number; readonly term: number }
  | { readonly type: "answer"; readonly upTo: number; readonly term: number }
  | { readonly type: "pre-response" }
  | { readonly type: "reset" }
  | { readonly type: "hand on"; readonly to: MemberId; readonly hops: number }
  | { readonly type: "hand back"; readonly to: MemberId; readonly upTo: number; readonly term: number }

/** What waits for a member on its connection, but for what it watches. */
export type Received =
  | { readonly type: "renewed"; readonly revision: number; age: number }
  | { readonly type: "not renewed"; readonly revision: number | "dead" }
  | { readonly type: "get"; readonly from: MemberId | "gateway"; readonly hops: number; held: boolean }
  | { readonly type: "answer"; readonly upTo: number; readonly term: number }

/** `out`: what it sends is under way. `in`: all that is sent to it. `watch`: only changes of the bucket. `work`: its handlers are slow. */
export const DELAYS = ["out", "in", "watch", "work"] as const
export type Delay = (typeof DELAYS)[number]

export interface MemberKey {
  readonly revision: number
  readonly state: "living" | "stopping" | "dead"
}

/** A member's key as another one has seen it. */
export interface SeenKey extends MemberKey {
  /** Ticks since this revision was seen. */
  age: number
  /** Changes seen since a stopping member has seen its last release; at most 2. */
  renewals: number
}

export interface ShardKey {
  readonly revision: number
  readonly owner: MemberId | null
  /** Counts the claims of this shard. No member knows it: it is for the checks. */
  readonly term: number
}

/** A reset that is not kept yet. */
export interface Promised {
  /** Ticks until it is sent (again). */
  due: number
  sent: number
  /** True if no get can have been lost, and no old message can have come, since it was last sent. */
  certain: boolean
  /** How many times in a row it was certain. */
  kept: number
}

export interface Owned {
  readonly term: number
  /** How much of the log it has shown. */
  upTo: number
  promised: Promised | null
}

export interface Member {
  readonly id: MemberId
  readonly process: string
  /** `ended`: killed, or its term is over. Its connection remains until everything on it has arrived. */
  state: "running" | "paused" | "ended"
  stopping: boolean
  delayed: Delay[]
  /** Its delayed watch has begun to show changes again. It shows all others before a tick has passed. */
  catchesUp: boolean
  /** The answer to its next renewal is lost. Only members that need answers notice. */
  losesAnswer: boolean
  out: Sent[]
  in: Received[]
  /** What it has tried since the last action, and need not try again with the same view. */
  tried: string[]
  view: {
    position: number
    readonly members: Record<MemberId, SeenKey>
    readonly shards: ShardKey[]
  }
  /** The newest change when its term began. It acts when its view has come so far; then it is null. */
  snapshot: number | null
  lease: { readonly revision: number; age: number } | null
  /** Ticks since it sent a renewal that it knows nothing of. */
  renewing: number | null
  readonly owned: (Owned | null)[]
  /** The request in its queue, as the handler began with it. */
  working: { readonly from: MemberId | "gateway"; readonly upTo: number; readonly term: number } | null
  /** Resets for what it had in its last term. */
  owed: Promised | null
}

export interface World {
  /** The bucket. `gone` has the revisions of removed keys that some member may not have seen. */
  readonly bucket: {
    last: number
    readonly members: Record<MemberId, MemberKey>
    readonly gone: Record<MemberId, number>
    readonly shards: ShardKey[]
  }
  /** How many events the log has: 1, 2, ... */
  log: number
  readonly members: Member[]
  /** How many terms each process has begun. */
  readonly terms: Record<string, number>
  gateway: {
    /** The events that the subscriber sees. */
    content: number[]
    /** The highest term from which it has seen anything. */
    term: number
    /** True after something of an older term was shown after it. */
    mixed: boolean
    pending: { age: number; limit: number } | null
    /** A reset came while a get was pending. Only our own gateway remembers it. */
    again: boolean
    /** The subscriber was told that the resource is gone. */
    gone: boolean
  }
  /** The process that NATS prefers for requests, of those connected. */
  picks: string
  /** What may still happen. */
  readonly left: { faults: number; events: number; resets: number; stops: number; starts: number }
}

/** A world, the rules that hold in it, and who listens to what happens. */
export interface Context {
  readonly world: World
  readonly rules: Rules
  readonly say: (line: string) => void
}

export const isConnected = (member: Member): boolean => member.state !== "ended" || member.out.length > 0

export const isDelayed = (member: Member, delay: Delay): boolean => member.delayed.includes(delay)

export function beginTerm(world: World, process: string): Member {
  const term = (world.terms[process] ?? 0) + 1
  world.terms[process] = term
  const { members, shards } = world.bucket
  const newest = Math.max(0, ...[...Object.values(members), ...shards].map(({ revision }) => revision))
  const member: Member = {
    id: `${process}${term}`,
    process,
    state: "running",
    stopping: false,
    delayed: [],
    catchesUp: false,
    losesAnswer: false,
    out: [],
    in: [],
    tried: [],
    view: {
      position: 0,
      members: {},
      shards: world.bucket.shards.map(() => ({ revision: 0, owner: null, term: 0 })),
    },
    snapshot: newest === 0 ? null : newest,
    lease: null,
    renewing: null,
    owned: world.bucket.shards.map(() => null),
    working: null,
    owed: null,
  }
  world.members.push(member)
  return member
}

/** Revisions by their order only, so that worlds which differ in nothing else are the same. 0 stays 0: it is none. */
export function renumber(world: World): World {
  const ranks: number[] = [0]
  mapRevisions(world, (revision) => {
    ranks[revision] = 0
    return revision
  })
  let rank = 0
  // The array has holes where no revision is.
  ranks.forEach((_, revision) => {
    ranks[revision] = rank++
  })
  return mapRevisions(world, (revision) => ranks[revision] ?? 0)
}

function mapRevisions(world: World, of: (revision: number) => number): World {
  const keys = <K extends { readonly revision: number }>(record: Record<string, K>): Record<string, K> =>
    Object.fromEntries(
      Object.entries(record)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([id, key]) => [id, { ...key, revision: of(key.revision) }]),
    )
  const messages = <M extends object>(list: readonly M[]): M[] =>
    list.map((message) =>
      "revision" in message && typeof message.revision === "number"
        ? { ...message, revision: of(message.revision) }
        : message,
    )
  const shards = (list: readonly ShardKey[]): ShardKey[] =>
    list.map((shard) => ({ ...shard, revision: of(shard.revision) }))
  const { bucket } = world
  return {
    ...world,
    bucket: {
      last: of(bucket.last),
      members: keys(bucket.members),
      gone: Object.fromEntries(Object.entries(bucket.gone).map(([id, revision]) => [id, of(revision)])),
      shards: shards(bucket.shards),
    },
    members: world.members.map((member) => ({
      ...member,
      out: messages(member.out),
      in: messages(member.in),
      view: {
        position: of(member.view.position),
        members: keys(member.view.members),
        shards: shards(member.view.shards),
      },
      snapshot: member.snapshot === null ? null : of(member.snapshot),
      lease: member.lease && { ...member.lease, revision: of(member.lease.revision) },
    })),
  }
}
