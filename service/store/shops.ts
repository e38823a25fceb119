import { LatestKeys, type Logger, type Reference } from "res-service"
import type { LogRecord } from "../log/entry.ts"
import type { Basket } from "../projections/basket.ts"
import type { Shop } from "../projections/shop.ts"
import type { DayBook } from "./day-book.ts"
import type { DayModel } from "./day-view.ts"
import type { Loads, OnWait } from "./loads.ts"
import type { Loaded, Read } from "./shop-loader.ts"
import type { BasketModel, ListName, ShopView, ShownBaskets, StatsModel } from "./shop-view.ts"
import { SNAPSHOT_EVERY, SnapshotKeeper } from "./snapshot-keeper.ts"

/** Most records that wait while a shop is loaded. When more come, all are read from the log instead. */
const MAX_PENDING = 5000

/** Most busy shops that follow the log although nobody looks at them. The least recently busy one makes room for the next. */
const MAX_WARM = 64

/**
 * After this many records a shop is kept loaded, if there is room. Otherwise it is loaded for its next snapshot, when there is more to read.
 */
const WARM_AFTER = 100

/** A busy shop that has had no record for this time, in ms, is dropped. */
const WARM_IDLE_MS = 10_000

/**
 * Least time between two such loads, in ms. Nobody waits for them, and each keeps nats-server and this process from other work for some ms:
 * 64 shops that became busy together would keep everybody waiting.
 */
export const WARM_INTERVAL_MS = 500

/** How often a shop's changes by time alone are applied, in ms. */
const PASS_TIME_MS = 1000

/** What `Shops` needs to load, store and show shops. */
export interface ShopSources {
  /** Makes a shop from its snapshot and the log. */
  load(shopId: string): Promise<Loaded>
  /** Reads on to the current end of the shop's log. */
  goOn(shopId: string, shop: Shop, book: DayBook): Promise<Read>
  /** Stores a snapshot of the shop as it is now, after its days. */
  store(shopId: string, view: ShopView): Promise<void>
  view(shopId: string, shop: Shop, book: DayBook): ShopView
  /** Runs a task in the queue of a shop's baskets and figures. */
  inQueue(shopId: string, task: () => void): Promise<void>
  /** Runs a task in the queue of a shop's days. */
  inDayQueue(shopId: string, task: () => Promise<void>): Promise<void>
}

class LoadedShop {
  /** Undefined while the shop is being loaded. */
  view: ShopView | undefined
  /** New records that are not applied yet. */
  readonly pending: LogRecord[] = []
  /** More records came than may wait. */
  overflow = false
  /** Somebody looks at it, so its changes are sent, in its queue. */
  watched = false
  /** A task that sends its changes is in the queue. */
  scheduled = false
  /** The same, of its days. */
  daysScheduled = false
  passedAt = Date.now()
  /** When its last record came, while nobody looks at it. */
  busyAt = Date.now()
  readonly loading: Promise<ShopView>

  constructor(load: (loaded: LoadedShop) => Promise<ShopView>) {
    this.loading = load(this)
  }

  apply(): void {
    this.view?.add(this.pending.splice(0), Date.now())
  }
}

/**
 * The baskets and figures of the shops that somebody looks at. The first `get` loads a shop; from then on it follows the log. Call the
 * methods that answer in the shop's queue; they take `onWait` as `Loads.run` does.
 *
 * Some busy shops follow the log although nobody looks at them. That costs less than reading their records for each snapshot, and their
 * first `get` finds them loaded.
 */
export class Shops {
  readonly #sources: ShopSources
  readonly #loads: Loads
  readonly #logger: Logger
  readonly #maxWarm: number
  readonly #loaded = new Map<string, LoadedShop>()
  /** Busy shops that nobody looks at; the least recently busy one comes first. */
  readonly #warm: LatestKeys<string, LoadedShop>
  readonly #keeper: SnapshotKeeper
  /** When a busy shop was loaded last. */
  #warmedAt = 0
  /** The snapshot that is being stored now. */
  #saving: Promise<void> | undefined
  /** Shops whose snapshots must not be stored now. */
  readonly #withheld = new Set<string>()

  /** @param loads when a shop may be loaded */
  constructor(sources: ShopSources, loads: Loads, logger: Logger, maxWarm = MAX_WARM) {
    this.#sources = sources
    this.#loads = loads
    this.#logger = logger
    this.#maxWarm = maxWarm
    this.#warm = new LatestKeys(maxWarm)
    this.#keeper = new SnapshotKeeper((shopId) => this.#save(shopId), logger)
  }

  /** The loaded shops, those that nobody looks at too, and the bytes of their baskets as JSON. */
  get loaded(): { readonly count: number; readonly bytes: number } {
    const all = [...this.#loaded.values(), ...this.#warm.values()]
    return { count: all.length, bytes: all.reduce((sum, { view }) => sum + (view?.shop.basketBytes ?? 0), 0) }
  }

  has(shopId: string): boolean {
    return this.#loaded.has(shopId)
  }

  /** Whether somebody looks at any shop. */
  get isWatched(): boolean {
    return this.#loaded.size > 0
  }

  async list(name: ListName, shopId: string, onWait?: OnWait): Promise<Reference[]> {
    return (await this.#view(shopId, onWait)).list(name, Date.now())
  }

  async basket(shopId: string, sessionId: string, onWait?: OnWait): Promise<BasketModel | undefined> {
    return (await this.#view(shopId, onWait)).basket(sessionId, Date.now())
  }

  async stats(shopId: string, onWait?: OnWait): Promise<StatsModel> {
    return (await this.#view(shopId, onWait)).stats(Date.now())
  }

  /** What the watchers of the open baskets were last sent. Undefined: the shop is not loaded; with `onWait` it is loaded. */
  async shown(shopId: string, onWait?: OnWait): Promise<ShownBaskets | undefined> {
    return onWait === undefined ? this.#loaded.get(shopId)?.view?.shown : (await this.#view(shopId, onWait)).shown
  }

  /** Others after each change of what watchers of the open baskets were sent, and after each record. */
  shownVersion(shopId: string): readonly [view: ShopView | undefined, seq: number, changes: number] {
    const view = this.#loaded.get(shopId)?.view
    return [view, view?.shop.seq ?? 0, view?.shownChanges ?? 0]
  }

  /** Call it in the queue of the shop's days. */
  async day(shopId: string, date: string, onWait?: OnWait): Promise<DayModel> {
    return await (await this.#view(shopId, onWait)).days.day(date, Date.now())
  }

  /** Call it in the queue of the shop's days. */
  async days(shopId: string, onWait?: OnWait): Promise<Reference[]> {
    return await (await this.#view(shopId, onWait)).days.list(Date.now())
  }

  /** Whether the shop has this basket. */
  async knows(shopId: string, sessionId: string): Promise<boolean> {
    return (await this.#view(shopId)).shop.baskets.has(sessionId)
  }

  /** A basket with all records so far; of a shop at which nobody looks, too. */
  async read(shopId: string, sessionId: string): Promise<Basket | undefined> {
    const loaded = this.#find(shopId) ?? this.#keepWarm(shopId)
    const view = loaded.view ?? (await loaded.loading)
    loaded.apply()
    return view.shop.baskets.get(sessionId)
  }

  /** Sends the current state of a basket to its watchers. */
  tellBasket(shopId: string, sessionId: string): void {
    this.#loaded.get(shopId)?.view?.tellBasket(sessionId, Date.now())
  }

  /** Applies one record of the log. */
  add(record: LogRecord): void {
    const { shopId } = record
    const loaded = this.#find(shopId)
    if (loaded !== undefined) this.#take(record, loaded)
    const count = this.#keeper.count(shopId)
    if (loaded === undefined && count >= WARM_AFTER) this.#warmUp(shopId)
  }

  #take(record: LogRecord, loaded: LoadedShop): void {
    loaded.pending.push(record)
    if (loaded.view === undefined) {
      if (loaded.pending.length <= MAX_PENDING) return
      loaded.pending.length = 0
      loaded.overflow = true
    } else if (loaded.watched) this.#schedule(record.shopId, loaded)
    else {
      loaded.busyAt = Date.now()
      loaded.apply()
    }
  }

  /** Sends the delayed changes of all shops, and their changes by time. Call it ten times a second. */
  tick(now: number): void {
    this.#keeper.passTime(now)
    for (const [shopId, loaded] of this.#loaded) {
      if (loaded.view === undefined) continue
      if (Math.abs(now - loaded.passedAt) >= PASS_TIME_MS) {
        loaded.passedAt = now
        loaded.view.passTime(now)
        loaded.view.days.passTime(now)
      }
      if (loaded.view.isDue(now)) this.#schedule(shopId, loaded)
      if (loaded.view.days.isDue(now)) this.#scheduleDays(shopId, loaded)
    }
    for (const [shopId, { busyAt }] of this.#warm) {
      if (Math.abs(now - busyAt) > WARM_IDLE_MS) this.#warm.delete(shopId)
    }
  }

  /** Drops a shop. Its watchers are told nothing. */
  drop(shopId: string): void {
    this.#warm.delete(shopId)
    this.#loaded.delete(shopId)
  }

  /** Drops some shops. Their watchers are told nothing. */
  dropWhere(condition: (shopId: string) => boolean): void {
    for (const shopId of [...this.#loaded.keys(), ...this.#warm.keys()]) if (condition(shopId)) this.drop(shopId)
    this.#keeper.forgetWhere(condition)
  }

  /** Stores the days of a shop with all records so far. Call it in the shop's queue. */
  async storeDays(shopId: string): Promise<void> {
    const loaded = this.#find(shopId) ?? this.#keepWarm(shopId)
    const view = loaded.view ?? (await loaded.loading)
    loaded.apply()
    await view.days.store()
  }

  /** Prevents a shop's snapshots from being stored. Resolves, when none is being stored, to a function that permits it again. */
  async withhold(shopId: string): Promise<() => void> {
    this.#withheld.add(shopId)
    await this.#saving?.catch(() => {})
    return () => this.#withheld.delete(shopId)
  }

  /** Stores no more snapshots. */
  async stop(): Promise<void> {
    await this.#keeper.stop()
  }

  async #view(shopId: string, onWait?: OnWait): Promise<ShopView> {
    const loaded = this.#loaded.get(shopId) ?? this.#watch(shopId, onWait)
    return loaded.view ?? (await loaded.loading)
  }

  /** Makes a shop a watched one. */
  #watch(shopId: string, onWait: OnWait | undefined): LoadedShop {
    const loaded = this.#warm.get(shopId) ?? this.#begin(shopId, onWait)
    this.#warm.delete(shopId)
    this.#loaded.set(shopId, loaded)
    loaded.watched = true
    return loaded
  }

  /** Keeps a shop loaded that has become busy, if there is room and it is time. If not, or if it fails, its next record tries it again. */
  #warmUp(shopId: string): void {
    const now = Date.now()
    if (this.#warm.size >= this.#maxWarm || Math.abs(now - this.#warmedAt) < WARM_INTERVAL_MS) return
    this.#warmedAt = now
    this.#keepWarm(shopId).loading.catch(() => {})
  }

  /** Keeps a busy shop loaded although nobody looks at it. */
  #keepWarm(shopId: string): LoadedShop {
    const loaded = this.#warm.get(shopId) ?? this.#begin(shopId)
    this.#warm.set(shopId, loaded)
    return loaded
  }

  #find(shopId: string): LoadedShop | undefined {
    return this.#loaded.get(shopId) ?? this.#warm.get(shopId)
  }

  /** Begins to load a shop. Register it at once, so that new records wait for it. */
  #begin(shopId: string, onWait?: OnWait): LoadedShop {
    return new LoadedShop(async (loaded) => {
      try {
        return await this.#loads.run(() => this.#load(shopId, loaded), onWait)
      } catch (error) {
        if (this.#loaded.get(shopId) === loaded) this.#loaded.delete(shopId)
        if (this.#warm.get(shopId) === loaded) this.#warm.delete(shopId)
        throw error
      }
    })
  }

  async #load(shopId: string, loaded: LoadedShop): Promise<ShopView> {
    let { shop, records, book } = await this.#sources.load(shopId)
    while (loaded.overflow) {
      loaded.overflow = false
      loaded.pending.length = 0
      const more = await this.#sources.goOn(shopId, shop, book)
      shop = more.shop
      records += more.records
    }
    const view = this.#sources.view(shopId, shop, book)
    loaded.view = view
    loaded.apply()
    // So the next load need not read all these records again.
    if (loaded.watched && records >= SNAPSHOT_EVERY / 2) this.#keeper.request(shopId)
    return view
  }

  #schedule(shopId: string, loaded: LoadedShop): void {
    if (loaded.scheduled) return
    loaded.scheduled = true
    const task = (): void => {
      loaded.scheduled = false
      // Dropped while this waited. Its watchers are told what the next one is.
      if (this.#loaded.get(shopId) !== loaded) return
      loaded.apply()
      loaded.view?.tell(Date.now())
    }
    this.#sources
      .inQueue(shopId, task)
      .catch((error: unknown) => this.#logger.error({ err: error, shopId }, "a shop's changes could not be shown"))
  }

  #scheduleDays(shopId: string, loaded: LoadedShop): void {
    if (loaded.daysScheduled) return
    loaded.daysScheduled = true
    const task = async (): Promise<void> => {
      loaded.daysScheduled = false
      if (this.#loaded.get(shopId) === loaded) await loaded.view?.days.tell(Date.now())
    }
    this.#sources
      .inDayQueue(shopId, task)
      .catch((error: unknown) => this.#logger.error({ err: error, shopId }, "a shop's days could not be shown"))
  }

  async #save(shopId: string): Promise<void> {
    const loaded = this.#find(shopId) ?? this.#keepWarm(shopId)
    const view = loaded.view ?? (await loaded.loading)
    // The log may have been replaced meanwhile, or something erased from it.
    if (this.#find(shopId) !== loaded || this.#withheld.has(shopId)) return
    this.#saving = this.#sources.store(shopId, view)
    await this.#saving
  }
}
