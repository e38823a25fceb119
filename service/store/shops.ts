import type { Logger, Reference } from "res-service"
import type { LogRecord } from "../log/entry.ts"
import { type IdleTimes, LoadedShops } from "./loaded-shops.ts"
import type { Shop } from "./shop-projection.ts"
import type { BasketModel, ShopView, StatsModel } from "./shop-view.ts"
import { SNAPSHOT_EVERY, SnapshotKeeper } from "./snapshot-keeper.ts"

/** Records that wait while a shop is loaded; if there are more, they are read from the log again. */
const MAX_PENDING = 5000

/** How often time is noted to have passed for a shop, in ms. */
const PASS_TIME_MS = 1000

/** What shops are made from. */
export interface ShopSources {
  /** Makes a shop from its snapshot and the log; `records`: how many of these were read. */
  load(shopId: string): Promise<{ readonly shop: Shop; readonly records: number }>
  /** Reads on to where the shop's log ends now. */
  goOn(shopId: string, shop: Shop): Promise<{ readonly shop: Shop; readonly records: number }>
  /** Stores a snapshot. */
  store(shopId: string, shop: Shop): Promise<void>
  view(shopId: string, shop: Shop): ShopView
  /** Runs a task in the queue of a shop's baskets and figures. */
  inQueue(shopId: string, task: () => void): Promise<void>
}

interface Loaded {
  loading: Promise<ShopView> | undefined
  /** Undefined while it is loaded. */
  view: ShopView | undefined
  /** Records that came and were not taken in yet. */
  pending: LogRecord[]
  /** There were more than may wait. */
  overflow: boolean
  /** A task for it is in the queue. */
  scheduled: boolean
  passedAt: number
}

/**
 * The baskets and figures of the shops that somebody looks at. A shop is loaded by its first `get` and follows the log from
 * then on. The methods that answer are to be called in the shop's queue.
 */
export class Shops {
  readonly #sources: ShopSources
  readonly #logger: Logger
  readonly #loaded = new LoadedShops<Loaded>()
  readonly #keeper: SnapshotKeeper

  constructor(sources: ShopSources, logger: Logger) {
    this.#sources = sources
    this.#logger = logger
    this.#keeper = new SnapshotKeeper((shopId) => this.#save(shopId), logger)
  }

  has(shopId: string): boolean {
    return this.#loaded.get(shopId) !== undefined
  }

  async baskets(shopId: string): Promise<Reference[]> {
    return (await this.#view(shopId)).list(Date.now())
  }

  async basket(shopId: string, sessionId: string): Promise<BasketModel | undefined> {
    return (await this.#view(shopId)).basket(sessionId, Date.now())
  }

  async stats(shopId: string): Promise<StatsModel> {
    return (await this.#view(shopId)).stats(Date.now())
  }

  /** Whether there is such a basket. */
  async knows(shopId: string, sessionId: string): Promise<boolean> {
    return (await this.#view(shopId)).shop.baskets.has(sessionId)
  }

  /** Tells those who watch a basket how it is now. */
  tellBasket(shopId: string, sessionId: string): void {
    this.#loaded.get(shopId)?.view?.tellBasket(sessionId, Date.now())
  }

  /** Takes in one record of the log. */
  add(record: LogRecord): void {
    const { shopId } = record
    this.#keeper.count(shopId)
    const loaded = this.#loaded.get(shopId)
    if (loaded === undefined) return
    loaded.pending.push(record)
    if (loaded.view !== undefined) this.#schedule(shopId, loaded)
    else if (loaded.pending.length > MAX_PENDING) {
      loaded.pending = []
      loaded.overflow = true
    }
  }

  /** Tells what is due of all shops, and notes that time has passed. To be called ten times a second. */
  tick(now: number): void {
    for (const [shopId, loaded] of this.#loaded) {
      if (loaded.view === undefined) continue
      if (Math.abs(now - loaded.passedAt) >= PASS_TIME_MS) {
        loaded.passedAt = now
        loaded.view.passTime(now)
      }
      if (loaded.view.isDue(now)) this.#schedule(shopId, loaded)
    }
  }

  /** Forgets all shops, without a word to those who look at them. */
  clear(): void {
    this.#loaded.clear()
  }

  /** As `LoadedShops.sweep`: the shops whose resources are to be reset. */
  sweep(now: number, times: IdleTimes): string[] {
    return this.#loaded.sweep(now, times)
  }

  /** Stores no more snapshots. */
  async stop(): Promise<void> {
    await this.#keeper.stop()
  }

  async #view(shopId: string): Promise<ShopView> {
    const known = this.#loaded.use(shopId)
    if (known?.view !== undefined) return known.view
    if (known?.loading !== undefined) return await known.loading
    // Among the loaded before it is read: records that come meanwhile wait.
    const loaded: Loaded = {
      loading: undefined,
      view: undefined,
      pending: [],
      overflow: false,
      scheduled: false,
      passedAt: Date.now(),
    }
    this.#loaded.add(shopId, loaded)
    try {
      loaded.loading = this.#load(shopId, loaded)
      return await loaded.loading
    } catch (error) {
      this.#loaded.drop(shopId, loaded)
      throw error
    }
  }

  async #load(shopId: string, loaded: Loaded): Promise<ShopView> {
    let { shop, records } = await this.#sources.load(shopId)
    while (loaded.overflow) {
      loaded.overflow = false
      loaded.pending = []
      const more = await this.#sources.goOn(shopId, shop)
      shop = more.shop
      records += more.records
    }
    const view = this.#sources.view(shopId, shop)
    loaded.view = view
    loaded.loading = undefined
    view.add(loaded.pending.splice(0), Date.now())
    // The next one who loads it need not read all that again.
    if (records >= SNAPSHOT_EVERY / 2) this.#keeper.request(shopId)
    return view
  }

  #schedule(shopId: string, loaded: Loaded): void {
    if (loaded.scheduled) return
    loaded.scheduled = true
    const task = (): void => {
      loaded.scheduled = false
      const now = Date.now()
      loaded.view?.add(loaded.pending.splice(0), now)
      loaded.view?.tell(now)
    }
    this.#sources
      .inQueue(shopId, task)
      .catch((error: unknown) => this.#logger.error({ err: error, shopId }, "a shop's changes could not be shown"))
  }

  async #save(shopId: string): Promise<void> {
    const loaded = this.#loaded.get(shopId)
    const view = loaded?.view ?? (await loaded?.loading)
    await this.#sources.store(shopId, view?.shop ?? (await this.#sources.load(shopId)).shop)
  }
}
