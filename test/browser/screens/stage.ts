import {
  accessGranted,
  connectOncePerTurn,
  dataValue,
  handle,
  natsConn,
  ResError,
  reference,
  Service,
} from "res-service"
import { datesBetween } from "../../../contract/day.ts"
import { defaultProfile } from "../../../contract/profile.ts"
import { health } from "../../../contract/shopwire.ts"
import * as store from "../../../contract/store.ts"
import type { LogRecord } from "../../../service/log/entry.ts"
import { profileModel } from "../../../service/store/profile.ts"
import { type DemoShop, shops } from "../../../tools/demo/catalogue.ts"
import { startGateway } from "../../helpers/gateway.ts"
import { startNats } from "../../helpers/nats.ts"
import { startTestEdge, webOptions } from "../../helpers/product.ts"
import { FRIENDS_SHOP, friendsLog, NOW, playedLog } from "./played-log.ts"
import { PlayedShop } from "./played-shop.ts"

/** Minutes between two shoppers, in the shops of the demo, the busiest first. */
const VISITS = [9, 25, 50]

/** Pages, a gateway and the shops of the demo, in which it is always the same moment. */
export interface Stage {
  /** `http://127.0.0.1:<port>/merchant/` */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts it: real nats-server, gateway and edge. Of the service it has the projections and what shows them, with a log that was written
 * for it: the log's own times are those at which events are stored, so a real one never looks the same twice.
 */
export async function startStage(): Promise<Stage> {
  const natsServer = await startNats()
  const [serviceNats, edgeNats] = await Promise.all([connect(natsServer.url), connect(natsServer.url)])
  const service = new Service(natsConn(serviceNats)).add(...resources())
  await service.start()
  const gateway = await startGateway(natsServer.url)
  const edge = await startTestEdge(natsConn(edgeNats), { web: { ...webOptions, gateway: gateway.wsUrl } })
  return {
    url: `http://127.0.0.1:${edge.port}/merchant/`,
    stop: async () => {
      await edge.stop()
      await gateway.stop()
      await service.stop()
      await Promise.all([serviceNats.close(), edgeNats.close()])
      await natsServer.stop()
    },
  }
}

const eva = { id: "eva", name: "Eva", since: new Date(NOW).toISOString(), presence: "here" as const }

const connect = (url: string) => connectOncePerTurn({ servers: url })

function resources() {
  const played = new Map([
    ...shops.map((shop, i) => playedShop(shop, playedLog(shop, i + 1, VISITS[i] ?? 60))),
    ...shops
      .slice(0, 1)
      .map((shop) => ({ ...shop, shop_id: FRIENDS_SHOP }))
      .map((shop) => playedShop(shop, friendsLog(shop))),
  ])
  const shopOf = ({ parts: { shop_id } }: { parts: { shop_id: string } }): PlayedShop => {
    const shop = played.get(shop_id) ?? new PlayedShop(shop_id, defaultProfile, [])
    played.set(shop_id, shop)
    return shop
  }
  const access = () => accessGranted
  const refuse = () => {
    throw new ResError("system.accessDenied")
  }
  return [
    handle(health, { access, get: () => ({ stream: "", last_seq: 0 }) }),
    handle(store.profile, { access, get: (req) => profileModel(shopOf(req).profile), call: { set: refuse } }),
    handle(store.feed, {
      access,
      get: (req) => shopOf(req).feed.map(dataValue),
      query: (req, page) => shopOf(req).older(page).map(dataValue),
      call: { publish: refuse, read: (req) => ({ events: [], after: shopOf(req).seq, end: true, log: "" }) },
    }),
    handle(store.baskets, { access, get: (req) => shopOf(req).view.list("baskets", NOW) }),
    handle(store.orders, { access, get: (req) => shopOf(req).view.list("orders", NOW) }),
    handle(store.abandoned, { access, get: (req) => shopOf(req).view.list("abandoned", NOW) }),
    handle(store.basket, {
      access,
      get: (req) => shopOf(req).view.basket(req.parts.session_id, NOW),
      call: { acknowledge: refuse, release: refuse, complete: refuse, reopen: refuse },
    }),
    handle(store.stats, { access, get: (req) => shopOf(req).view.stats(NOW) }),
    handle(store.day, { access, get: (req) => shopOf(req).view.days.day(req.parts.date, NOW) }),
    handle(store.days, {
      access,
      get: (req) => shopOf(req).view.days.list(NOW),
      query: ({ parts: { shop_id } }, { from, to }) =>
        datesBetween(from, to).map((date) => reference(store.day.name({ shop_id, date }))),
    }),
    handle(store.watchers, { access, get: () => [dataValue(eva)], call: { watch: () => ({ id: "" }) } }),
    // Nobody looks at feed and baskets, so that nothing is compared.
    handle(store.digest, {
      access,
      get: (req) => ({ seq: shopOf(req).seq, at: new Date(NOW).toISOString(), feed: null, baskets: null }),
      call: { report: () => {} },
    }),
  ]
}

function playedShop({ shop_id, name, profile }: DemoShop, log: readonly LogRecord[]): readonly [string, PlayedShop] {
  const shown = { ...defaultProfile, ...profile, name, set: true } as typeof defaultProfile
  return [shop_id, new PlayedShop(shop_id, shown, log)]
}
