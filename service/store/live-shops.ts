import { type AnyResource, dataValue, deleteAction, type Logger, ResError, type Service } from "res-service"
import type { Shards } from "res-service/sharding"
import type { Annotations } from "../../contract/annotations.ts"
import type { BasketWork } from "../../contract/basket-work.ts"
import {
  abandoned,
  basket,
  baskets,
  day,
  days,
  digest,
  event,
  feed,
  orders,
  stats,
  watchers,
} from "../../contract/store.ts"
import { type Annotated, annotatedEvent } from "../archive/annotation-bucket.ts"
import type { ArchivedHistory } from "../archive/archived-history.ts"
import type { Guard } from "../auth/guard.ts"
import { askConnections, Hearing } from "../connections.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { LogRecord, StoredMessage } from "../log/entry.ts"
import type { Log, LogFollower } from "../log/log.ts"
import { traceIn } from "../log/origin.ts"
import { partitionOf } from "../log/subjects.ts"
import type { Part } from "../part-list.ts"
import { shownBasket } from "../projections/basket.ts"
import { answerForBaskets, askSessionOwners, type BasketRef, type ReadBasket } from "../shared-baskets.ts"
import { ShownAnnotations } from "./annotations.ts"
import { basketResource } from "./basket.ts"
import { basketListResources } from "./basket-lists.ts"
import { dayResource } from "./day.ts"
import { DayStore } from "./day-store.ts"
import { daysResource } from "./days.ts"
import { digestResource } from "./digest.ts"
import { Digests } from "./digests.ts"
import { DroppedEvents } from "./dropped-events.ts"
import { eventResource } from "./event.ts"
import { feedResource } from "./feed.ts"
import { Feeds } from "./feeds.ts"
import type { History } from "./history.ts"
import { Loads } from "./loads.ts"
import { profileResource } from "./profile.ts"
import { Profiles } from "./profiles.ts"
import { SessionLinks } from "./session-links.ts"
import { SharedBasketNews } from "./shared-basket-news.ts"
import { ShopLoader } from "./shop-loader.ts"
import { answerAsShopOwner } from "./shop-owners.ts"
import { ShopView } from "./shop-view.ts"
import { Shops } from "./shops.ts"
import { Snapshots } from "./snapshots.ts"
import { statsResource } from "./stats.ts"
import { Watchers, watchersResource } from "./watchers.ts"

/** How often delayed changes are sent, in ms. */
const TICK_MS = 100

/** How long a session that asks for a basket waits until the shop has its last event, in ms. */
const READ_TIMEOUT_MS = 5000

/** How long a caller who works on a basket waits until its watchers were sent the change, in ms. */
const SHOWN_TIMEOUT_MS = 1000

export interface LiveShopsOptions {
  readonly guard: Guard
  readonly log: Log
  readonly history: History
  /** Undefined: there is none. */
  readonly archive: Pick<ArchivedHistory, "oldest"> | undefined
  /** As the setting STRICT_EVENTS. */
  readonly strictEvents: boolean
  readonly shards: Shards
  readonly logger: Logger
}

/**
 * The shops that somebody looks at: their feeds, events, baskets, figures, and the annotations of these. It has the resources below
 * `store.<shop_id>`, and sends their events.
 */
export class LiveShops implements Part, LogFollower {
  readonly resources: readonly AnyResource[]
  readonly #service: Service
  readonly #log: Log
  readonly #shards: Shards
  readonly #logger: Logger
  readonly #feeds: Feeds
  readonly #dropped: DroppedEvents
  readonly #shops: Shops
  readonly #digests: Digests
  readonly #snapshots: Snapshots
  readonly #profiles: Profiles
  readonly #days: DayStore
  readonly #annotations: ShownAnnotations
  readonly #watchers: Watchers
  readonly #sharedNews: SharedBasketNews
  /** By shop, what ends the hiding of messages that are being erased. */
  readonly #hidden = new Map<string, () => void>()
  #ticking: NodeJS.Timeout | undefined

  constructor(js: JetStream, service: Service, options: LiveShopsOptions) {
    const { guard, log, history, archive, strictEvents, shards, logger } = options
    this.#service = service
    this.#log = log
    this.#shards = shards
    this.#logger = logger
    this.#snapshots = new Snapshots(js, log)
    this.#profiles = new Profiles(js)
    this.#profiles.onLost(() => this.#loseAll())
    this.#days = new DayStore(js, log, (shopId) => shards.isServed(partitionOf(shopId)))
    this.#days.onLost(() => this.#loseAll())
    this.#annotations = new ShownAnnotations(
      js,
      {
        onChange: (annotated, annotations) => this.#showAnnotations(annotated, annotations),
        onLost: () => shards.resetWatched("store."),
      },
      logger,
    )
    const loads = new Loads()
    this.#feeds = new Feeds(
      loads,
      (shopId, count) => log.reader.newest(shopId, count),
      (shop_id, task) => service.with(feed, { shop_id }, task),
      logger,
    )
    this.#dropped = new DroppedEvents(() => log.state(), this.#feeds, logger)
    const loader = new ShopLoader({
      snapshots: this.#snapshots,
      reader: log.reader,
      days: { store: this.#days, profileOf: (shopId) => this.#profiles.of(shopId) },
      log: () => log.created,
      archive,
    })
    this.#shops = new Shops(
      {
        load: (shopId) => loader.load(shopId),
        goOn: (shopId, shop, book) => loader.goOn(shopId, shop, book),
        // Another process may own the shop now, and have erased somebody from it.
        store: async (shopId, view) => {
          if (!shards.isServed(partitionOf(shopId))) return
          const text = this.#snapshots.textOf(view.shop)
          await view.days.store()
          // Another process may own the shop now, and have erased somebody from it.
          if (shards.isServed(partitionOf(shopId))) await this.#snapshots.write(shopId, text)
        },
        view: (shop_id, shop, book) =>
          new ShopView(
            shop,
            book,
            {
              baskets: service.events(baskets, { shop_id }),
              orders: service.events(orders, { shop_id }),
              abandoned: service.events(abandoned, { shop_id }),
              stats: service.events(stats, { shop_id }),
              basket: (session_id) => service.events(basket, { shop_id, session_id }),
              days: service.events(days, { shop_id }),
              day: (date) => service.events(day, { shop_id, date }),
            },
            {
              basket: (session_id) => basket.name({ shop_id, session_id }),
              day: (date) => day.name({ shop_id, date }),
            },
          ),
        inDayQueue: (shop_id, task) => service.with(days, { shop_id }, task),
        inQueue: (shop_id, task) => service.with(baskets, { shop_id }, task),
      },
      loads,
      logger,
    )
    const feeds = this.#feeds
    const shops = this.#shops
    this.#digests = new Digests(
      {
        baskets: (shop_id, onWait) => service.with(baskets, { shop_id }, () => shops.shown(shop_id, onWait)),
        feed: (shop_id) => service.with(feed, { shop_id }, () => feeds.shown(shop_id)),
        version: (shop_id) => [...shops.shownVersion(shop_id), feeds.shown(shop_id)],
        inQueue: (shop_id, task) => service.with(digest, { shop_id }, task),
        reset: (shop_id) =>
          shards.reset([feed.name({ shop_id }), baskets.name({ shop_id }), basket.pattern.names({ shop_id })]),
      },
      logger,
    )
    this.#watchers = new Watchers({
      isConnected: askConnections(js.nc),
      hearing: new Hearing(js.nc),
      inQueue: (shop_id, task) => service.with(watchers, { shop_id }, task),
      logger,
    })
    const annotationsOf = (annotated: Annotated): Promise<Annotations | undefined> => this.#annotations.of(annotated)
    answerAsShopOwner(shards, this)
    const sessionOwners = askSessionOwners(shards)
    this.#sharedNews = new SharedBasketNews(sessionOwners)
    answerForBaskets(shards, this)
    this.resources = [
      feedResource({
        guard,
        feeds,
        history,
        log,
        strictEvents,
        shown: (...args) => this.#shown(...args),
        links: new SessionLinks(sessionOwners),
      }),
      eventResource({
        guard,
        history,
        annotationsOf: (shop_id, seq) => annotationsOf(annotatedEvent(log.id, shop_id, seq)),
      }),
      ...basketListResources(guard, shops),
      basketResource({
        guard,
        shops,
        annotationsOf: (shop_id, session_id) => annotationsOf({ kind: "basket", shop_id, session_id }),
        tend: (...args) => this.#tend(...args),
      }),
      statsResource(guard, shops),
      digestResource(guard, this.#digests),
      dayResource(guard, shops),
      daysResource(guard, shops),
      profileResource(guard, this.#profiles, (shopId) => this.#renew(shopId)),
      watchersResource(guard, this.#watchers),
    ]
  }

  get isUrgent(): boolean {
    return this.#feeds.size > 0 || this.#shops.isWatched
  }

  /** What is in memory, and about how many bytes it takes as JSON. */
  get loaded() {
    return { feed: this.#feeds.loaded, shop: this.#shops.loaded }
  }

  async start(): Promise<void> {
    await this.#snapshots.open()
    await this.#profiles.open()
    await this.#days.open()
    await this.#annotations.start()
    await this.#dropped.start()
    this.#ticking = setInterval(() => this.#tick(Date.now()), TICK_MS)
    this.#watchers.start()
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticking)
    this.#watchers.stop()
    this.#dropped.stop()
    this.#annotations.stop()
    await this.#shops.stop()
    this.#digests.stop()
  }

  #tick(now: number): void {
    this.#shops.tick(now)
    this.#digests.tick(now)
  }

  take(message: StoredMessage, record: LogRecord | undefined): void {
    if (record === undefined) return
    if ("event" in record) this.#feeds.add(record, () => traceIn(message.header))
    this.#shops.add(record)
    this.#sharedNews.add(record)
  }

  /** As `ShopOwner.read`. */
  async read({ shop_id, session_id }: BasketRef, seq: number): Promise<ReadBasket> {
    await this.#log.reach(partitionOf(shop_id), seq, READ_TIMEOUT_MS)
    const found = await this.#service.with(baskets, { shop_id }, () => this.#shops.read(shop_id, session_id))
    return found === undefined ? null : shownBasket(found, Date.now())
  }

  lose(shards: readonly number[]): void {
    this.#drop(shards)
    this.#shards.resetWatched("store.")
  }

  release(shards: readonly number[]): void {
    this.#drop(shards)
    this.#watchers.dropWhere((shopId) => shards.includes(partitionOf(shopId)))
  }

  /** An ISO 4217 code; null: not known. */
  async currencyOf(shopId: string): Promise<string | null> {
    return (await this.#profiles.of(shopId)).currency
  }

  unload(roots: readonly string[]): void {
    for (const root of roots) {
      const [kind, shopId = ""] = root.split(".")
      if (kind !== "store") continue
      this.#feeds.drop(shopId)
      this.#shops.drop(shopId)
      this.#digests.drop(shopId)
      this.#watchers.unwatched(shopId)
    }
  }

  /** Something was lost that all shops are made from. */
  #loseAll(): void {
    this.#shops.dropWhere(() => true)
    this.#digests.dropWhere(() => true)
    this.#shards.resetWatched("store.")
  }

  /** Loads a shop again when it is asked for, because it is made differently from now on. */
  async #renew(shop_id: string): Promise<void> {
    const resume = await this.#shops.withhold(shop_id)
    try {
      await this.#dropWatched(shop_id)
    } finally {
      resume()
    }
  }

  /** Drops a shop, and tells gateways. In both queues, so that requests from before are answered before the reset. */
  async #dropWatched(shop_id: string): Promise<void> {
    const dropNow = (): void => {
      this.#shops.drop(shop_id)
      this.#digests.drop(shop_id)
      const made = [baskets, orders, abandoned, stats, digest, basket, day, days]
      this.#shards.reset(made.map(({ pattern }) => pattern.names({ shop_id })))
    }
    await this.#service.with(baskets, { shop_id }, () => this.#service.with(days, { shop_id }, dropNow))
  }

  #drop(shards: readonly number[]): void {
    const isDropped = (shopId: string): boolean => shards.includes(partitionOf(shopId))
    this.#feeds.dropWhere(isDropped)
    this.#shops.dropWhere(isDropped)
    this.#digests.dropWhere(isDropped)
    for (const [shopId, reveal] of this.#hidden) {
      if (!isDropped(shopId)) continue
      this.#hidden.delete(shopId)
      reveal()
    }
  }

  /**
   * Hides messages that will be erased from the log, makes the shop again without them, deletes its snapshots, and tells gateways.
   * Resolves to whether there were snapshots.
   *
   * @param seqs of events
   * @param work sequences of work on baskets
   */
  async hide(shop_id: string, seqs: readonly number[], work: readonly number[]): Promise<boolean> {
    // The figures of days keep what is counted: they name nobody. Without a snapshot they could not be made again.
    await this.#service.with(baskets, { shop_id }, () => this.#shops.storeDays(shop_id))
    this.#hidden.get(shop_id)?.()
    this.#hidden.set(shop_id, this.#log.reader.hide([...seqs, ...work]))
    await this.#service.with(feed, { shop_id }, (events) => {
      this.#feeds.drop(shop_id)
      if (seqs.length > 0) events.event("erased", { seqs })
      this.#shards.reset([feed.name({ shop_id }), event.pattern.names({ shop_id })])
    })
    const resume = await this.#shops.withhold(shop_id)
    try {
      const erased = await this.#snapshots.erase(shop_id)
      await this.#dropWatched(shop_id)
      return erased
    } finally {
      resume()
    }
  }

  /** What was hidden of a shop is erased. If another process has hidden it, the shop may have been loaded here with it. */
  async reveal(shop_id: string): Promise<void> {
    if (!this.#hidden.has(shop_id)) await this.hide(shop_id, [], [])
    this.#hidden.get(shop_id)?.()
    this.#hidden.delete(shop_id)
  }

  /**
   * Resolves when the watchers of a shop were sent the event `seq`, or after a time. An answer that waits for this leaves after the
   * event, on the same connection.
   */
  async #shown(shop_id: string, seq: number, timeoutMs: number): Promise<void> {
    const isWatched = this.#feeds.has(shop_id) || this.#shops.has(shop_id)
    if (isWatched && (await this.#log.reached(partitionOf(shop_id), seq, timeoutMs)))
      await this.#service.with(feed, { shop_id }, () => {})
  }

  async #tend(shop_id: string, work: BasketWork): Promise<number> {
    const { session_id } = work
    const inQueue = <T>(task: () => T | Promise<T>): Promise<T> => this.#service.with(baskets, { shop_id }, task)
    if (!(await inQueue(() => this.#shops.knows(shop_id, session_id)))) throw new ResError("system.notFound")
    const seq = await this.#log.tend(shop_id, work)
    if (await this.#log.reached(partitionOf(shop_id), seq, SHOWN_TIMEOUT_MS))
      await inQueue(() => this.#shops.tellBasket(shop_id, session_id))
    return seq
  }

  #showAnnotations(annotated: Annotated, annotations: Annotations | undefined): void {
    const { shop_id } = annotated
    if (!this.#shards.owns(partitionOf(shop_id))) return
    const change = { annotations: annotations === undefined ? deleteAction : dataValue(annotations) }
    const send = async (): Promise<void> => {
      if (annotated.kind === "basket") {
        const { session_id } = annotated
        await this.#service.with(basket, { shop_id, session_id }, (events) => events.change(change))
      } else if (annotated._id === annotatedEvent(this.#log.id, shop_id, annotated.seq)._id) {
        // An event of another log may have the same sequence, but has another document.
        const seq = String(annotated.seq)
        await this.#service.with(event, { shop_id, seq }, (events) => events.change(change))
      }
    }
    send().catch((error: unknown) =>
      this.#logger.error({ err: error, shopId: shop_id }, "an annotation could not be shown"),
    )
  }
}
