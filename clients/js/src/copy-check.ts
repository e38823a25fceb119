import type { Basket } from "../../../contract/basket.ts"
import type { CopyKind, Digest } from "../../../contract/digest.ts"
import type { ShownEvent } from "../../../contract/publish-event.ts"
import { basket, baskets, digest, feed } from "../../../contract/store.ts"
import type { Connection } from "./connection.ts"
import { Observable } from "./observable.ts"
import { type Comparison, hasDifferences, ShopCopies } from "./shop-copies.ts"
import type { Watch } from "./watch.ts"

/** Least time between two attempts to fetch the same resource again, in ms, and the longest, when fetching it does not help. */
const [LEAST_PAUSE_MS, GREATEST_PAUSE_MS] = [5000, 5 * 60 * 1000]

/** How often copies differed from the service's digest, and the last time. */
export interface Differences {
  readonly count: number
  readonly last: { readonly what: CopyKind; readonly seq: number; readonly at: Date } | undefined
}

/**
 * Compares the connection's copies of a shop's feed and open baskets with the service's digest, every 5 s. What differs is fetched again,
 * counted, and reported to the service. It watches feed and baskets itself, and shares their subscriptions.
 */
export class CopyCheck {
  /** For which sequence and time the shop is known to be right. */
  readonly digest: Watch<Digest>
  readonly differences = new Observable<Differences>({ count: 0, last: undefined })
  readonly #connection: Connection
  readonly #shopId: string
  readonly #feed: Watch<readonly ShownEvent[]>
  readonly #baskets: Watch<readonly Basket[]>
  readonly #copies = new ShopCopies()
  readonly #repairs = { feed: new Pauses(), baskets: new Pauses() }
  #checking: ReturnType<typeof setTimeout> | undefined
  #leave: (() => void)[] = []

  constructor(connection: Connection, shopId: string) {
    this.#connection = connection
    this.#shopId = shopId
    const parts = { shop_id: shopId }
    this.digest = connection.watches.of(digest, parts)
    this.#feed = connection.watches.of(feed, parts)
    this.#baskets = connection.watches.of(baskets, parts)
  }

  /** Compares until `stop`. */
  start(): void {
    this.#follow(this.#feed, (data, now) => this.#copies.feed.take(data, now))
    this.#follow(this.#baskets, (data, now) => this.#copies.baskets.take(data, now))
    this.#follow(this.digest, (data, now) => {
      this.#copies.takeDigest(data, now)
      this.#await(now)
    })
  }

  stop(): void {
    clearTimeout(this.#checking)
    for (const leave of this.#leave.splice(0)) leave()
    this.#copies.takeDigest(undefined, 0)
    this.#copies.feed.take(undefined, 0)
    this.#copies.baskets.take(undefined, 0)
  }

  #follow<T>(watch: Watch<T>, take: (data: T | undefined, now: number) => void): void {
    const follow = (): void => {
      const { status, data } = watch.get()
      take(status === "live" ? data : undefined, performance.now())
    }
    this.#leave.push(watch.subscribe(follow))
    follow()
  }

  /** Waits for the next comparison. @param now in ms */
  #await(now: number): void {
    clearTimeout(this.#checking)
    const waitMs = this.#copies.nextAt - now
    if (waitMs < Number.POSITIVE_INFINITY) this.#checking = setTimeout(() => this.#check(), waitMs)
  }

  #check(): void {
    const now = performance.now()
    const comparison = this.#copies.compare(now)
    this.#await(now)
    if (comparison === undefined || this.#connection.state.get().kind !== "live") return
    this.#repairFeed(comparison, now)
    this.#repairBaskets(comparison, now)
  }

  #repairFeed({ seq, feed: differs }: Comparison, now: number): void {
    if (differs === false) this.#repairs.feed.reset()
    if (!differs || !this.#repairs.feed.begin(now)) return
    this.#tell("feed", seq)
    this.#feed.refetch()
  }

  #repairBaskets({ seq, baskets: differences }: Comparison, now: number): void {
    if (differences === undefined) return
    if (!hasDifferences(differences)) {
      this.#repairs.baskets.reset()
      return
    }
    if (!this.#repairs.baskets.begin(now)) return
    this.#tell(differences.list ? "baskets" : "basket", seq)
    this.#baskets.refetch()
    // As long as somebody watches such a basket by itself, it would not be fetched again with the list.
    for (const session_id of differences.baskets) {
      this.#connection.watches.known(basket, { shop_id: this.#shopId, session_id })?.refetch()
    }
  }

  #tell(what: CopyKind, seq: number): void {
    this.differences.set({ count: this.differences.get().count + 1, last: { what, seq, at: new Date() } })
    this.#connection.call(digest, { shop_id: this.#shopId }, "report", { what, seq }).catch(() => {})
  }
}

/** Pauses between repairs that grow while they do not help. */
class Pauses {
  #pauseMs = LEAST_PAUSE_MS
  #nextAt = 0

  /** False: it is too soon. @param now in ms */
  begin(now: number): boolean {
    if (now < this.#nextAt) return false
    this.#nextAt = now + this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, GREATEST_PAUSE_MS)
    return true
  }

  /** The last repair has helped. */
  reset(): void {
    this.#pauseMs = LEAST_PAUSE_MS
  }
}
