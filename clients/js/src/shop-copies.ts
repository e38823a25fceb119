import type { Basket } from "../../../contract/basket.ts"
import { basketDigest, DIGEST_EVENTS, DIGEST_INTERVAL_MS, type Digest, feedDigest } from "../../../contract/digest.ts"
import { FEED_LIMIT } from "../../../contract/limits.ts"
import type { ShownEvent } from "../../../contract/publish-event.ts"

/**
 * Whether a copy that last changed at a time, in ms, can be compared with a digest. Events and digests take different ways, so a copy
 * that has just changed may be ahead of the digest, or behind it.
 */
type IsSettled = (changedAt: number) => boolean

/** Time for messages to overtake each other, in ms: most events that were sent before a digest have arrived this time after it. */
export const GRACE_MS = 1000
/**
 * A copy that differs from a digest is compared once more after this time, in ms. A change can be later than the digest that has it: the
 * gateway passes on what is new in a list only after it has fetched it, and on a busy machine that takes more than `GRACE_MS`.
 */
const CONFIRM_MS = 2 * GRACE_MS
/** Pause between comparisons, in ms. */
const AGAIN_MS = DIGEST_INTERVAL_MS
/** A copy that changed more than this time before a digest came, in ms, is one that the digest includes. */
const EARLY_MS = 2 * GRACE_MS
/** A copy that changed this long ago, in ms, is one that the last digest includes, unless that is outdated. */
const QUIET_MS = DIGEST_INTERVAL_MS + 2 * GRACE_MS

interface Arrival {
  readonly digest: Digest
  /** When it arrived, in ms. */
  readonly at: number
  /** It came when the service had made it; otherwise it may be older. */
  readonly isNew: boolean
}

/** How a client's copies differ from a digest. Undefined: that cannot be told now. */
export interface Comparison {
  /** That of the digest. */
  readonly seq: number
  readonly feed: boolean | undefined
  readonly baskets: BasketDifferences | undefined
}

/** A client's copies of a shop's feed and open baskets, which are compared with the service's digests. */
export class ShopCopies {
  readonly feed = new FeedCopy()
  readonly baskets = new BasketCopies()
  #arrived: Arrival | undefined
  /** Differences that the next comparison confirms, or not. */
  #suspected: Comparison | undefined
  #nextAt = Number.POSITIVE_INFINITY

  /** When `compare` is due, in ms. */
  get nextAt(): number {
    return this.#nextAt
  }

  /** @param digest undefined: it is not up to date · @param now in ms */
  takeDigest(digest: Digest | undefined, now: number): void {
    this.#arrived = digest && { digest, at: now, isNew: this.#arrived !== undefined }
    this.#suspected = undefined
    this.#nextAt = digest === undefined ? Number.POSITIVE_INFINITY : now + GRACE_MS
  }

  /** Tells only such differences as two comparisons with the same digest have found. Undefined: not yet. @param now in ms */
  compare(now: number): Comparison | undefined {
    if (this.#arrived === undefined) return undefined
    const found = this.#compareOnce(this.#arrived, now)
    const suspected = this.#suspected
    const mustBeConfirmed = suspected === undefined && (found.feed || hasDifferences(found.baskets))
    this.#suspected = mustBeConfirmed ? found : undefined
    this.#nextAt = now + (mustBeConfirmed ? CONFIRM_MS : AGAIN_MS)
    if (mustBeConfirmed) return undefined
    return suspected === undefined ? found : commonOf(suspected, found)
  }

  #compareOnce({ digest, at, isNew }: Arrival, now: number): Comparison {
    const isSettled = settledAt(at, isNew, this.feed.mayBeAfter(digest.seq), now)
    return {
      seq: digest.seq,
      feed: this.feed.differsFrom(digest, isSettled),
      baskets: this.baskets.differencesFrom(digest, isSettled),
    }
  }
}

export function hasDifferences(baskets: BasketDifferences | undefined): boolean {
  return baskets !== undefined && (baskets.list || baskets.baskets.length > 0)
}

function commonOf(before: Comparison, { seq, feed, baskets }: Comparison): Comparison {
  return {
    seq,
    feed: before.feed === feed ? feed : undefined,
    baskets: before.baskets &&
      baskets && {
        list: before.baskets.list && baskets.list,
        baskets: baskets.baskets.filter((id) => before.baskets?.baskets.includes(id)),
      },
  }
}

/**
 * Which copies can be compared with a digest at a time `now`, at least `GRACE_MS` after its arrival.
 * @param at when it arrived, in ms
 * @param isNew it came when the service had made it; otherwise it may be older
 * @param isOutdated the feed shows an event after it; then the next digest is late, as when the service is restarted
 */
function settledAt(at: number, isNew: boolean, isOutdated: boolean, now: number): IsSettled {
  return (changedAt) =>
    (isNew && changedAt < at - EARLY_MS) ||
    (!isOutdated && now - (isNew ? changedAt : Math.max(changedAt, at)) > QUIET_MS)
}

/** A client's copy of a feed, and when it last changed otherwise than by new events. */
class FeedCopy {
  #feed: readonly ShownEvent[] | undefined
  #changedAt = 0

  /** @param feed newest first; undefined: it is not up to date · @param now in ms */
  take(feed: readonly ShownEvent[] | undefined, now: number): void {
    if (feed !== undefined && (this.#feed === undefined || !isContinued(this.#feed, feed))) this.#changedAt = now
    this.#feed = feed
  }

  /** Whether it shows an event after the sequence `seq`, as far as is known. */
  mayBeAfter(seq: number): boolean {
    return this.#feed === undefined || (this.#feed[0]?.seq ?? 0) > seq
  }

  /** Undefined: they cannot be compared. */
  differsFrom({ feed: expected, seq }: Digest, isSettled: IsSettled): boolean | undefined {
    if (this.#feed === undefined || expected === null || !isSettled(this.#changedAt)) return undefined
    const covered = this.#feed.filter((event) => event.seq <= seq).length
    // So many events are newer that the feed does not have all that the digest covers.
    if (this.#feed.length >= FEED_LIMIT && covered < DIGEST_EVENTS) return undefined
    return feedDigest(this.#feed, seq) !== expected
  }
}

interface BasketCopy {
  readonly basket: Basket
  readonly joinedAt: number
  readonly changedAt: number
}

/** How a client's open baskets differ from a digest. */
export interface BasketDifferences {
  /** Other baskets are in the list, or they stand in another order. */
  readonly list: boolean
  /** Session IDs of baskets with other members. */
  readonly baskets: readonly string[]
}

/** A client's copies of the open baskets, and when each of them and the list last changed. */
class BasketCopies {
  #copies: Map<string, BasketCopy> | undefined
  #orderChangedAt = 0
  /** When baskets left the list, or the list was loaded without them. */
  readonly #leftAt = new Map<string, number>()
  #loadedAt = 0

  /** @param baskets in the list's order; undefined: they are not up to date · @param now in ms */
  take(baskets: readonly Basket[] | undefined, now: number): void {
    const before = this.#copies
    if (before === undefined) {
      this.#loadedAt = now
      this.#leftAt.clear()
    }
    this.#copies = baskets && new Map(baskets.map((basket) => [basket.session_id, copyOf(basket, before, now)]))
    const [ids, idsBefore] = [this.#copies, before].map((copies) => [...(copies?.keys() ?? [])])
    if (ids?.join() !== idsBefore?.join()) this.#orderChangedAt = now
    for (const id of idsBefore ?? []) if (!this.#copies?.has(id)) this.#leftAt.set(id, now)
  }

  /** Undefined: they cannot be compared. */
  differencesFrom({ baskets: expected }: Digest, isSettled: IsSettled): BasketDifferences | undefined {
    const copies = this.#copies
    if (copies === undefined || expected === null) return undefined
    const expectedIds = new Set(expected.map(([id]) => id))
    const isMissing = (id: string): boolean =>
      !copies.has(id) && isSettled(Math.max(this.#loadedAt, this.#leftAt.get(id) ?? 0))
    const isTooMuch = ([id, { joinedAt }]: [string, BasketCopy]): boolean => !expectedIds.has(id) && isSettled(joinedAt)
    const isOtherOrder = isSettled(this.#orderChangedAt) && [...copies.keys()].join() !== [...expectedIds].join()
    const isOther = ([id, hash]: (typeof expected)[number]): boolean => {
      const copy = copies.get(id)
      return copy !== undefined && hash !== null && isSettled(copy.changedAt) && basketDigest(copy.basket) !== hash
    }
    for (const [id, leftAt] of this.#leftAt) if (isSettled(leftAt)) this.#leftAt.delete(id)
    return {
      list: isOtherOrder || [...expectedIds].some(isMissing) || [...copies].some(isTooMuch),
      baskets: expected.filter(isOther).map(([id]) => id),
    }
  }
}

function copyOf(basket: Basket, before: ReadonlyMap<string, BasketCopy> | undefined, now: number): BasketCopy {
  const known = before?.get(basket.session_id)
  if (known?.basket === basket) return known
  return { basket, joinedAt: known?.joinedAt ?? now, changedAt: now }
}

/** True if a feed has become another one by new events alone. */
function isContinued(before: readonly ShownEvent[], after: readonly ShownEvent[]): boolean {
  const [newest] = before
  if (newest === undefined) return true
  const added = after.indexOf(newest)
  // So many new events came at once that nothing is left of the feed before.
  if (added === -1) return after.length >= FEED_LIMIT && (after.at(-1)?.seq ?? 0) > newest.seq
  const kept = after.slice(added)
  const isFull = after.length >= FEED_LIMIT
  return kept.every((event, i) => event === before[i]) && (kept.length === before.length || isFull)
}
