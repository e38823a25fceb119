import type { Member } from "./session.ts"

/** When a member was last known to be present, by the monotonic clock in ms. */
interface Seen {
  /** The connection; undefined while the member is absent. */
  readonly cid: string | undefined
  /** The last call of its connection, or, of an absent member, the start of its absence. */
  calledAt: number
  /** The last proof that its connection lives; at least `calledAt`. */
  aliveAt: number
  /** The connection of an absent member that was not found alive. If it is found again, the member is back. */
  cutOff?: string | undefined
}

export interface PresenceTimes {
  /** A connection that is silent for this time, in ms, may be gone. */
  readonly leaseMs: number
  /** A connection that lives but does not call for this time, in ms, counts as gone: browsers let hidden pages call once a minute. */
  readonly hiddenLeaseMs: number
  /** Old clients are not shown a member that has been absent for this time, in ms. */
  readonly hideMs: number
  /** A member that has been absent for this time, in ms, is out. */
  readonly absenceMs: number
}

/** Members of a session that are due. */
export interface Overdue {
  /** Connections without a sign of life within the lease: check them. */
  readonly silent: readonly string[]
  /** Connections that were not found alive: check whether they are again. */
  readonly cutOff: readonly string[]
  /** Connections without a call for so long that they count as gone even if they are alive. */
  readonly lost: readonly string[]
  /** IDs of members to hide from old clients. */
  readonly hidden: readonly string[]
  /** IDs of members to remove. */
  readonly out: readonly string[]
}

/**
 * How long members have been silent or absent. It holds only members of loaded sessions, so strangers cannot fill it. It is in
 * memory only: after a restart, and after a time in which the service could not receive calls, every member gets its full time
 * again.
 */
export class Presence {
  readonly #times: PresenceTimes
  readonly #now: () => number
  readonly #sessions = new Map<string, Map<string, Seen>>()

  constructor(times: PresenceTimes, now: () => number = () => performance.now()) {
    this.#times = times
    this.#now = now
  }

  /** The number of members in it. */
  get size(): number {
    return [...this.#sessions.values()].reduce((sum, { size }) => sum + size, 0)
  }

  /** Records the present members of a session; a member with a new connection gets its full time. */
  note(sessionId: string, members: readonly Pick<Member, "id" | "cid">[]): void {
    const before = this.#sessions.get(sessionId)
    const seenBefore = ({ id, cid }: (typeof members)[number]): Seen | undefined => {
      const seen = before?.get(id)
      return seen?.cid === cid ? seen : undefined
    }
    if (before?.size === members.length && members.every(seenBefore)) return
    const now = this.#now()
    const after = new Map<string, Seen>()
    for (const member of members)
      after.set(member.id, seenBefore(member) ?? { cid: member.cid, calledAt: now, aliveAt: now })
    if (after.size === 0) this.#sessions.delete(sessionId)
    else this.#sessions.set(sessionId, after)
  }

  /** Records a call of a connection. Does nothing for a connection without a member. */
  called(sessionId: string, cid: string): void {
    const now = this.#now()
    for (const seen of this.#connected(sessionId, cid)) seen.calledAt = seen.aliveAt = now
  }

  /** Records that a connection is alive although it has not called. */
  proved(sessionId: string, cid: string): void {
    for (const seen of this.#connected(sessionId, cid)) seen.aliveAt = this.#now()
  }

  /** Records that a connection was not found alive. Call it after its members have become absent. */
  wasCutOff(sessionId: string, cid: string, members: readonly Pick<Member, "id" | "lostCid">[]): void {
    for (const { id, lostCid } of members) {
      const seen = this.#sessions.get(sessionId)?.get(id)
      if (seen !== undefined && seen.cid === undefined && lostCid === cid) seen.cutOff = cid
    }
  }

  /** Whether a connection gave a sign of life within the lease. */
  isHeard(sessionId: string, cid: string): boolean {
    const since = this.#now() - this.#times.leaseMs
    return this.#connected(sessionId, cid).some(({ aliveAt }) => aliveAt > since)
  }

  overdue(sessionId: string): Overdue {
    const { leaseMs, hiddenLeaseMs, hideMs, absenceMs } = this.#times
    const now = this.#now()
    const all = [...(this.#sessions.get(sessionId) ?? [])]
    const absentFor = (ms: number): string[] =>
      all.filter(([, { cid, calledAt }]) => cid === undefined && now - calledAt > ms).map(([id]) => id)
    const cidsWhere = (condition: (seen: Seen) => boolean): string[] =>
      all.flatMap(([, seen]) => (seen.cid !== undefined && condition(seen) ? [seen.cid] : []))
    const isLost = ({ calledAt }: Seen): boolean => now - calledAt > hiddenLeaseMs
    return {
      lost: cidsWhere(isLost),
      silent: cidsWhere((seen) => !isLost(seen) && now - seen.aliveAt > leaseMs),
      cutOff: all.flatMap(([, { cutOff }]) => cutOff ?? []),
      hidden: absentFor(hideMs),
      out: absentFor(absenceMs),
    }
  }

  /** Gives every member its full time again. */
  restart(): void {
    const now = this.#now()
    for (const members of this.#sessions.values()) {
      for (const seen of members.values()) seen.calledAt = seen.aliveAt = now
    }
  }

  /** Forgets sessions that are no longer loaded. */
  keepOnly(loaded: { has(sessionId: string): boolean }): void {
    for (const sessionId of this.#sessions.keys()) if (!loaded.has(sessionId)) this.#sessions.delete(sessionId)
  }

  #connected(sessionId: string, cid: string): Seen[] {
    return [...(this.#sessions.get(sessionId)?.values() ?? [])].filter((seen) => seen.cid === cid)
  }
}
