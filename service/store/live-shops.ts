import { type AnyResource, dataValue, deleteAction, type Logger, ResError, type Service } from "res-service"
import type { Annotations } from "../../contract/annotations.ts"
import { basket, baskets, event, feed, stats } from "../../contract/store.ts"
import { type Annotated, annotatedEvent } from "../archive/annotation-bucket.ts"
import type { Guard } from "../auth/guard.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { LogRecord, StoredMessage } from "../log/entry.ts"
import type { Log, LogFollower } from "../log/log.ts"
import type { Part } from "../part-list.ts"
import { RepeatedResets } from "../repeated-resets.ts"
import { ShownAnnotations } from "./annotations.ts"
import { basketResource } from "./basket.ts"
import { basketsResource } from "./baskets.ts"
import { DroppedEvents } from "./dropped-events.ts"
import { eventResource } from "./event.ts"
import { feedResource } from "./feed.ts"
import { Feeds } from "./feeds.ts"
import type { History } from "./history.ts"
import { Loads } from "./loads.ts"
import { ShopLoader } from "./shop-loader.ts"
import { ShopView } from "./shop-view.ts"
import { Shops } from "./shops.ts"
import { Snapshots } from "./snapshots.ts"
import { statsResource } from "./stats.ts"

/** How often delayed changes are sent, in ms. */
const TICK_MS = 100

/** A shop without a `get` for this long is reset, so that gateways that still show it get it again. */
const IDLE_MS = 15 * 60 * 1000
/** A reset shop that no gateway gets within this time is unloaded. */
const GRACE_MS = 60 * 1000
const SWEEP_INTERVAL_MS = 10 * 1000

/** How long a caller who acknowledges a basket waits until its watchers were sent the change, in ms. */
const SHOWN_TIMEOUT_MS = 1000

export interface LiveShopsOptions {
  readonly guard: Guard
  readonly log: Log
  readonly history: History
  /** As the setting STRICT_EVENTS. */
  readonly strictEvents: boolean
  /** False while another service may be active, which then stores the snapshots. */
  readonly isActive: () => boolean
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
  readonly #logger: Logger
  readonly #resets: RepeatedResets
  readonly #feeds: Feeds
  readonly #dropped: DroppedEvents
  readonly #shops: Shops
  readonly #snapshots: Snapshots
  readonly #annotations: ShownAnnotations
  #timers: NodeJS.Timeout[] = []

  constructor(js: JetStream, service: Service, options: LiveShopsOptions) {
    const { guard, log, history, strictEvents, isActive, logger } = options
    this.#service = service
    this.#log = log
    this.#logger = logger
    this.#resets = new RepeatedResets(service)
    this.#snapshots = new Snapshots(js, log)
    this.#annotations = new ShownAnnotations(
      js,
      {
        onChange: (annotated, annotations) => this.#showAnnotations(annotated, annotations),
        onLost: () => this.#resets.send([event.pattern.names({}), basket.pattern.names({})]),
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
    const loader = new ShopLoader(this.#snapshots, log.reader)
    this.#shops = new Shops(
      {
        load: (shopId) => loader.load(shopId),
        goOn: (shopId, shop) => loader.goOn(shopId, shop),
        // Another service may have erased somebody from the shop meanwhile.
        store: async (shopId, shop) => {
          if (isActive()) await this.#snapshots.write(shopId, shop)
        },
        view: (shop_id, shop) =>
          new ShopView(
            shop,
            {
              baskets: service.events(baskets, { shop_id }),
              stats: service.events(stats, { shop_id }),
              basket: (session_id) => service.events(basket, { shop_id, session_id }),
            },
            (session_id) => basket.name({ shop_id, session_id }),
          ),
        inQueue: (shop_id, task) => service.with(baskets, { shop_id }, task),
      },
      loads,
      logger,
    )
    const feeds = this.#feeds
    const shops = this.#shops
    const annotationsOf = (annotated: Annotated): Promise<Annotations | undefined> => this.#annotations.of(annotated)
    this.resources = [
      feedResource({ guard, feeds, history, log, strictEvents, shown: (...args) => this.#shown(...args) }),
      eventResource({
        guard,
        history,
        annotationsOf: (shop_id, seq) => annotationsOf(annotatedEvent(log.id, shop_id, seq)),
      }),
      basketsResource(guard, shops),
      basketResource({
        guard,
        shops,
        annotationsOf: (shop_id, session_id) => annotationsOf({ kind: "basket", shop_id, session_id }),
        acknowledge: (...args) => this.#acknowledge(...args),
      }),
      statsResource(guard, shops),
    ]
  }

  async start(): Promise<void> {
    await this.#snapshots.open()
    await this.#annotations.start()
    await this.#dropped.start()
    this.#timers = [
      setInterval(() => this.#shops.tick(Date.now()), TICK_MS),
      setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS),
    ]
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#dropped.stop()
    this.#resets.stop()
    await this.#annotations.stop()
    await this.#shops.stop()
  }

  take(_message: StoredMessage, record: LogRecord | undefined): void {
    if (record === undefined) return
    if ("event" in record) this.#feeds.add(record)
    this.#shops.add(record)
  }

  lose(): void {
    this.#feeds.clear()
    this.#shops.clear()
    this.#resets.send(["store.>"])
  }

  /**
   * Makes a shop again from the log, from which something was erased, deletes its snapshots, and tells gateways. Resolves to whether there
   * were snapshots.
   *
   * @param seqs of the erased events
   */
  async erase(shop_id: string, seqs: readonly number[]): Promise<boolean> {
    await this.#service.with(feed, { shop_id }, (events) => {
      this.#feeds.drop(shop_id)
      if (seqs.length > 0) events.event("erased", { seqs })
      this.#service.reset({ resources: [feed.name({ shop_id }), event.pattern.names({ shop_id })] })
    })
    const resume = await this.#shops.withhold(shop_id)
    try {
      const erased = await this.#snapshots.erase(shop_id)
      // In the queue, so that requests from before are answered before the reset.
      await this.#service.with(baskets, { shop_id }, () => {
        this.#shops.drop(shop_id)
        this.#service.reset({ resources: this.#projections(shop_id) })
      })
      return erased
    } finally {
      resume()
    }
  }

  /**
   * Resolves when the watchers of a shop were sent the event `seq`, or after a time. An answer that waits for this leaves after the
   * event, on the same connection.
   */
  async #shown(shop_id: string, seq: number, timeoutMs: number): Promise<void> {
    const isWatched = this.#feeds.has(shop_id) || this.#shops.has(shop_id)
    if (isWatched && (await this.#log.reached(seq, timeoutMs))) await this.#service.with(feed, { shop_id }, () => {})
  }

  async #acknowledge(shop_id: string, session_id: string, by: string): Promise<number> {
    const inQueue = <T>(task: () => T | Promise<T>): Promise<T> => this.#service.with(baskets, { shop_id }, task)
    if (!(await inQueue(() => this.#shops.knows(shop_id, session_id)))) throw new ResError("system.notFound")
    const seq = await this.#log.acknowledge(shop_id, { session_id, by })
    if (await this.#log.reached(seq, SHOWN_TIMEOUT_MS)) await inQueue(() => this.#shops.tellBasket(shop_id, session_id))
    return seq
  }

  #showAnnotations(annotated: Annotated, annotations: Annotations | undefined): void {
    const { shop_id } = annotated
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

  #sweep(): void {
    const times = { idleMs: IDLE_MS, graceMs: GRACE_MS }
    const resources = [
      ...this.#feeds.sweep(Date.now(), times).map((shop_id) => feed.name({ shop_id })),
      ...this.#shops.sweep(Date.now(), times).flatMap((shopId) => this.#projections(shopId)),
    ]
    if (resources.length > 0) this.#service.reset({ resources })
  }

  /** Patterns of the resources that are made of a shop's projection. */
  #projections(shop_id: string): string[] {
    return [baskets, stats, basket].map(({ pattern }) => pattern.names({ shop_id }))
  }
}
