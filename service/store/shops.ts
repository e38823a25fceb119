import type { Logger, Reference } from "res-service"
import type { LogRecord } from "../log/entry.ts"
import { type IdleTimes, LoadedShops } from "./loaded-shops.ts"
import type { Shop } from "./shop-projection.ts"
import type { BasketModel, ShopView, StatsModel } from "./shop-view.ts"
import { SNAPSHOT_EVERY, SnapshotKeeper } from "./snapshot-keeper.ts"

/** Records that wait while a shop is loaded; if there are more, they are read from the log again. */
const MAX_PENDING = 5000

/** Busy shops that are followed though nobody looks; the one that was not busy for longest makes room for the next. */
const MAX_WARM = 64

/** Records of such a shop that may wait before they are taken in. */
const MAX_WARM_PENDING = 1000

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

class Loaded {
  /** Undefined while it is loaded. */
  view: ShopView | undefined
  /** Records that came and were not taken in yet. */
  readonly pending: LogRecord[] = []
  /** There were more than may wait. */
  overflow = false
  /** Somebody has asked for it: what changes is told, in the queue. */
  watched = false
  /** A task for it is in the queue. */
  scheduled = false
  passedAt = Date.now()
  readonly loading: Promise<ShopView>

  constructor(load: (loaded: Loaded) => Promise<ShopView>) {
    this.loading = load(this)
  }

  takeIn(): void {
    this.view?.add(this.pending.splice(0), Date.now())
  }
}

/**
 * The baskets and figures of the shops that somebody looks at. A shop is loaded by its first `get` and follows the log from
 * then on. The methods that answer are to be called in the shop's queue.
 *
 * Some busy shops follow the log though nobody looks: that costs less than to read what they had for each snapshot, and their
 * first `get` finds them loaded.
 */
export class Shops {
  readonly #sources: ShopSources
  readonly #logger: Logger
  readonly #maxWarm: number
  readonly #loaded = new LoadedShops<Loaded>()
  /** Those that nobody looks at; the one that was not busy for longest comes first. */
  readonly #warm = new Map<string, Loaded>()
  readonly #keeper: SnapshotKeeper
  /** The snapshot that is being stored, if one is. */
  #saving: Promise<void> | undefined
  /** Shops of which none is stored now. */
  readonly #withheld = new Set<string>()

  constructor(sources: ShopSources, logger: Logger, maxWarm = MAX_WARM) {
    this.#sources = sources
    this.#logger = logger
    this.#maxWarm = maxWarm
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
    const loaded = this.#find(shopId)
    if (loaded === undefined) return
    loaded.pending.push(record)
    if (loaded.view === undefined) {
      if (loaded.pending.length <= MAX_PENDING) return
      loaded.pending.length = 0
      loaded.overflow = true
    } else if (loaded.watched) this.#schedule(shopId, loaded)
    else if (loaded.pending.length >= MAX_WARM_PENDING) loaded.takeIn()
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
    for (const loaded of this.#warm.values()) loaded.takeIn()
  }

  /** Forgets all shops, without a word to those who look at them. */
  clear(): void {
    this.#loaded.clear()
    this.#warm.clear()
  }

  /** Forgets a shop, without a word to those who look at it. To be called in its queue. */
  drop(shopId: string): void {
    this.#warm.delete(shopId)
    const loaded = this.#loaded.get(shopId)
    if (loaded !== undefined) this.#loaded.drop(shopId, loaded)
  }

  /** Keeps a shop's snapshots from being stored; resolves, once none is under way, to how to allow it again. */
  async withhold(shopId: string): Promise<() => void> {
    this.#withheld.add(shopId)
    await this.#saving?.catch(() => {})
    return () => this.#withheld.delete(shopId)
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
    const loaded = this.#loaded.use(shopId) ?? this.#watch(shopId)
    return loaded.view ?? (await loaded.loading)
  }

  /** A shop that was not watched so far. */
  #watch(shopId: string): Loaded {
    const loaded = this.#warm.get(shopId) ?? this.#begin(shopId)
    this.#warm.delete(shopId)
    this.#loaded.add(shopId, loaded)
    loaded.watched = true
    loaded.takeIn()
    return loaded
  }

  /** A shop that is busy though nobody looks. */
  #keepWarm(shopId: string): Loaded {
    const loaded = this.#warm.get(shopId) ?? this.#begin(shopId)
    this.#warm.delete(shopId)
    this.#warm.set(shopId, loaded)
    const [longest] = this.#warm.keys()
    if (longest !== undefined && this.#warm.size > this.#maxWarm) this.#warm.delete(longest)
    return loaded
  }

  #find(shopId: string): Loaded | undefined {
    return this.#loaded.get(shopId) ?? this.#warm.get(shopId)
  }

  /** Begins to load a shop. It is to be put among the others at once, for records that come meanwhile to wait. */
  #begin(shopId: string): Loaded {
    return new Loaded(async (loaded) => {
      try {
        return await this.#load(shopId, loaded)
      } catch (error) {
        this.#loaded.drop(shopId, loaded)
        if (this.#warm.get(shopId) === loaded) this.#warm.delete(shopId)
        throw error
      }
    })
  }

  async #load(shopId: string, loaded: Loaded): Promise<ShopView> {
    let { shop, records } = await this.#sources.load(shopId)
    while (loaded.overflow) {
      loaded.overflow = false
      loaded.pending.length = 0
      const more = await this.#sources.goOn(shopId, shop)
      shop = more.shop
      records += more.records
    }
    const view = this.#sources.view(shopId, shop)
    loaded.view = view
    loaded.takeIn()
    // The next one who loads it need not read all that again.
    if (loaded.watched && records >= SNAPSHOT_EVERY / 2) this.#keeper.request(shopId)
    return view
  }

  #schedule(shopId: string, loaded: Loaded): void {
    if (loaded.scheduled) return
    loaded.scheduled = true
    const task = (): void => {
      loaded.scheduled = false
      loaded.takeIn()
      loaded.view?.tell(Date.now())
    }
    this.#sources
      .inQueue(shopId, task)
      .catch((error: unknown) => this.#logger.error({ err: error, shopId }, "a shop's changes could not be shown"))
  }

  async #save(shopId: string): Promise<void> {
    const loaded = this.#loaded.get(shopId) ?? this.#keepWarm(shopId)
    const view = loaded.view ?? (await loaded.loading)
    if (!loaded.watched) loaded.takeIn()
    // Unless the log became another one meanwhile, or something was erased from it.
    if (this.#find(shopId) !== loaded || this.#withheld.has(shopId)) return
    this.#saving = this.#sources.store(shopId, view.shop)
    await this.#saving
  }
}
