import { type AnyResource, dataValue, deleteAction, type Logger, ResError, type Service } from "res-service"
import type { Annotations } from "../archive/event-document.ts"
import type { Guard } from "../auth/guard.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { LogAppender } from "../log/appender.ts"
import type { LogReader } from "../log/reader.ts"
import { basket } from "./basket.ts"
import { baskets } from "./baskets.ts"
import { ShopLoader } from "./shop-loader.ts"
import { ShopView } from "./shop-view.ts"
import { Shops } from "./shops.ts"
import { Snapshots } from "./snapshots.ts"
import { stats } from "./stats.ts"

/** How often changes are told that had to wait, in ms. */
const TICK_MS = 100

/** Time that who acknowledges waits until the watchers were told, in ms. */
const SHOWN_TIMEOUT_MS = 1000

export interface ShopOptions {
  readonly guard: Guard
  readonly reader: LogReader
  readonly appender: LogAppender
  /** When the stream was made that is followed. */
  readonly log: () => string
  /** Resolves to true when the record `seq` was handled, to false when it was not within `timeoutMs`. */
  readonly reached: (seq: number, timeoutMs: number) => Promise<boolean>
  /** What others have annotated of a basket in the archive, if anything. */
  readonly annotationsOf: (shopId: string, sessionId: string) => Promise<Annotations | undefined>
  /** False while another service may be active, which then keeps the snapshots. */
  readonly isActive: () => boolean
  readonly logger: Logger
}

/** A shop's baskets and figures, to be added to a service. */
export interface OpenShops {
  readonly shops: Shops
  readonly resources: AnyResource[]
  /** Patterns of the names of a shop's resources. */
  names(shopId: string): string[]
  /** Tells those who watch a basket what others have annotated, or that they took it back. */
  tellAnnotations(shopId: string, sessionId: string, annotations: Annotations | undefined): Promise<void>
  /**
   * Makes a shop anew from the log, from which something was erased, and forgets what else it was made of; those who watch are
   * told. Resolves to whether there were snapshots.
   */
  erase(shopId: string): Promise<boolean>
  stop(): Promise<void>
}

/** Opens the bucket of snapshots; gives the resources to be added to `service`, and how to stop. */
export async function openShops(
  js: JetStream,
  service: Service,
  { guard, reader, appender, log, reached, annotationsOf, isActive, logger }: ShopOptions,
): Promise<OpenShops> {
  const snapshots = new Snapshots(js, log)
  await snapshots.open()
  const loader = new ShopLoader(snapshots, reader)
  const shops: Shops = new Shops(
    {
      load: (shopId) => loader.load(shopId),
      goOn: (shopId, shop) => loader.goOn(shopId, shop),
      // Another service may have erased somebody from the shop meanwhile.
      store: async (shopId, shop) => {
        if (isActive()) await snapshots.write(shopId, shop)
      },
      view: (shop_id, shop) =>
        new ShopView(
          shop,
          {
            baskets: service.events(basketsResource, { shop_id }),
            stats: service.events(statsResource, { shop_id }),
            basket: (session_id) => service.events(basketResource, { shop_id, session_id }),
          },
          (session_id) => basketResource.pattern.name({ shop_id, session_id }),
        ),
      inQueue: (shop_id, task) => service.with(basketsResource, { shop_id }, task),
    },
    logger,
  )
  const basketsResource = baskets(guard, shops)
  const statsResource = stats(guard, shops)
  const basketResource = basket({
    guard,
    shops,
    annotationsOf,
    acknowledge: async (shop_id, session_id, by) => {
      const known = await service.with(basketsResource, { shop_id }, () => shops.knows(shop_id, session_id))
      if (!known) throw new ResError("system.notFound")
      const seq = await appender.acknowledge(shop_id, { session_id, by })
      if (await reached(seq, SHOWN_TIMEOUT_MS))
        await service.with(basketsResource, { shop_id }, () => shops.tellBasket(shop_id, session_id))
      return seq
    },
  })
  const names = (shop_id: string): string[] => [
    basketsResource.pattern.name({ shop_id }),
    statsResource.pattern.name({ shop_id }),
    `store.${shop_id}.basket.*`,
  ]
  const ticking = setInterval(() => shops.tick(Date.now()), TICK_MS)

  return {
    shops,
    resources: [basketsResource, basketResource, statsResource],
    names,
    tellAnnotations: (shop_id, session_id, annotations) => {
      const value = annotations === undefined ? deleteAction : dataValue(annotations)
      return service.with(basketResource, { shop_id, session_id }, (events) => events.change({ annotations: value }))
    },
    erase: async (shop_id) => {
      const resume = await shops.withhold(shop_id)
      try {
        const erased = await snapshots.erase(shop_id)
        // In the queue: who asked before it is answered before the reset.
        await service.with(basketsResource, { shop_id }, () => {
          shops.drop(shop_id)
          service.reset({ resources: names(shop_id) })
        })
        return erased
      } finally {
        resume()
      }
    },
    stop: async () => {
      clearInterval(ticking)
      await shops.stop()
    },
  }
}
