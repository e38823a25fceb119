import { isDeepStrictEqual } from "node:util"
import { dataValue, type Logger, type ModelEvents } from "res-service"
import type { ContentOf } from "res-service/contract"
import { basketDigest, type CopyKind, DIGEST_INTERVAL_MS, feedDigest } from "../../contract/digest.ts"
import type { digest } from "../../contract/store.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { Feed } from "../projections/feed.ts"
import { SummedLog } from "../summed-log.ts"
import type { OnWait } from "./loads.ts"
import type { BasketModel, ShownBaskets } from "./shop-view.ts"

/** Least time between two resets of a shop's resources that reports cause, in ms. */
const RESET_PAUSE_MS = 60_000

export type DigestModel = ContentOf<typeof digest>

/** What the digests of a shop are made from. */
export interface DigestSources {
  /** Runs in the queue of the shop's baskets. Undefined: the shop is not loaded. With `onWait` it is loaded. */
  baskets(shopId: string, onWait?: OnWait): Promise<ShownBaskets | undefined>
  /** Runs in the queue of the shop's feed. Undefined: nobody looks at it. */
  feed(shopId: string): Promise<Feed | undefined>
  /** Something that is another one after each change of what the shop's feed or baskets show; cheap. */
  version(shopId: string): readonly unknown[]
  /** Sends the change of a digest, in its queue. */
  inQueue(shopId: string, task: (events: ModelEvents<DigestModel>) => Promise<void>): Promise<void>
  /** Makes gateways fetch the shop's feed and baskets again. */
  reset(shopId: string): void
}

interface WatchedDigest {
  shown: DigestModel
  version: readonly unknown[]
  madeAt: number
  isDue: boolean
  resetAt: number
}

/**
 * The digests that somebody looks at. Events of the log cost them nothing: a digest is made from what the shop's other resources show,
 * at most once in `DIGEST_INTERVAL_MS`, and only when that has changed. A basket that has not changed is not hashed again.
 */
export class Digests {
  readonly #sources: DigestSources
  readonly #logger: Logger
  readonly #reports: SummedLog
  readonly #watched = new Map<string, WatchedDigest>()
  readonly #hashes = new WeakMap<BasketModel, string>()

  constructor(sources: DigestSources, logger: Logger) {
    this.#sources = sources
    this.#logger = logger
    this.#reports = new SummedLog(logger, "warn", "clients showed something else than the service")
  }

  /** The digest as its watchers were last sent it. Call it in its queue. @param onWait as `Loads.run` takes it */
  async get(shopId: string, onWait: OnWait): Promise<DigestModel> {
    const known = this.#watched.get(shopId)
    if (known !== undefined) return known.shown
    const made = await this.#make(shopId, onWait)
    this.#watched.set(shopId, { ...made, isDue: false, resetAt: Number.NEGATIVE_INFINITY })
    return made.shown
  }

  /** Sends the digests that have changed. Call it ten times a second. @param now in ms since the epoch */
  tick(now: number): void {
    for (const [shopId, watched] of this.#watched) {
      if (watched.isDue || Math.abs(now - watched.madeAt) < DIGEST_INTERVAL_MS) continue
      if (isSame(watched.version, this.#sources.version(shopId))) continue
      watched.isDue = true
      this.#sources
        .inQueue(shopId, (events) => this.#tell(shopId, events))
        .catch((error: unknown) => this.#logger.error({ err: error, shopId }, "a digest could not be shown"))
        .finally(() => {
          watched.isDue = false
        })
    }
  }

  /** A client's copy was another one than the digest of `seq` says. */
  report(shopId: string, what: CopyKind, seq: number, now: number): void {
    this.#reports.add(what, { shopId, seq })
    occurrences.digestReport.tell(what)
    const watched = this.#watched.get(shopId)
    if (watched === undefined || Math.abs(now - watched.resetAt) < RESET_PAUSE_MS) return
    watched.resetAt = now
    this.#sources.reset(shopId)
  }

  /** Drops a shop's digest. Its watchers are told nothing. */
  drop(shopId: string): void {
    this.#watched.delete(shopId)
  }

  /** Drops the digests of some shops. Their watchers are told nothing. */
  dropWhere(condition: (shopId: string) => boolean): void {
    for (const shopId of this.#watched.keys()) if (condition(shopId)) this.#watched.delete(shopId)
  }

  stop(): void {
    this.#reports.stop()
  }

  async #tell(shopId: string, events: ModelEvents<DigestModel>): Promise<void> {
    const watched = this.#watched.get(shopId)
    if (watched === undefined) return
    const made = await this.#make(shopId)
    // Dropped meanwhile.
    if (this.#watched.get(shopId) !== watched) return
    const { shown, ...making } = made
    Object.assign(watched, making)
    // What came while the one before was made may be in it already.
    if (isDeepStrictEqual({ ...shown, at: watched.shown.at }, watched.shown)) return
    watched.shown = shown
    events.change(shown)
  }

  async #make(shopId: string, onWait?: OnWait): Promise<Pick<WatchedDigest, "shown" | "version" | "madeAt">> {
    const madeAt = Date.now()
    const version = this.#sources.version(shopId)
    const { seq, baskets } = (await this.#sources.baskets(shopId, onWait)) ?? { seq: 0, baskets: undefined }
    // After the baskets: the feed then has every event up to `seq`.
    const feed = await this.#sources.feed(shopId)
    const shown: DigestModel = {
      seq,
      at: new Date(madeAt).toISOString(),
      feed: feed === undefined ? null : feedDigest(feed, seq),
      baskets: baskets === undefined ? null : dataValue(baskets.map(([id, model]) => [id, this.#hashOf(model)])),
    }
    return { shown, version, madeAt }
  }

  #hashOf(model: BasketModel | undefined): string | null {
    if (model === undefined) return null
    const known = this.#hashes.get(model)
    if (known !== undefined) return known
    const hash = basketDigest({ ...model, lines: model.lines.data, annotations: undefined })
    this.#hashes.set(model, hash)
    return hash
  }
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i])
}
