import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { connect } from "nats"
import { feed } from "../../contract/store.ts"
import { shopSubject } from "../../contract/subjects.ts"
import { publishEvent } from "../../test/helpers/events.ts"
import { until } from "../../test/helpers/until.ts"
import { startLoadProcess } from "../load/load-process.ts"
import type { Watched } from "../load/watchers.ts"
import { cpuSeconds, type Processes } from "../processes.ts"
import { Replies } from "../references/replies.ts"
import type { Growth } from "./ratios.ts"

/** A growth, and how a product gets to a size. */
export interface PreparedGrowth extends Growth {
  prepare(product: Processes, size: number): Promise<Prepared>
}

/** A product that has its size. */
export interface Prepared {
  /** That POSTs go to; undefined: to others. */
  readonly shopIds?: readonly string[]
  /** Resolves when all events are where they belong. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** Requests to NATS under way: a stream drops what comes faster than it can store. */
const STORES_AT_ONCE = 1000
const GETS_AT_ONCE = 8
const GET_MS = 60_000
const STORE_MS = 300_000
const SHOPS_OF_LOG = 1000
/** CPU time in half a second, in s, from which a service counts as idle. */
const IDLE_SECONDS = 0.05

export const growths: readonly PreparedGrowth[] = [
  { name: "watched shops", small: 100, large: 1000, prepare: (product, size) => screens(product, shopIds(size), 1) },
  {
    name: "screens of one shop",
    small: 100,
    large: 1000,
    prepare: (product, size) => screens(product, shopIds(1), size),
  },
  { name: "events of the log", small: 100_000, large: 1_000_000, prepare: fillLog },
  { name: "idle old sockets at the edge", small: 0, large: 10_000, prepare: idleSockets },
  { name: "shops loaded in the service", small: 0, large: 10_000, prepare: loadShops },
]

function shopIds(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID())
}

/** So many WebSockets that show the feeds of all the shops. */
async function screens({ gatewayWsUrl }: Processes, shops: readonly string[], count: number): Promise<Prepared> {
  const rids = shops.map((shop_id) => feed.name({ shop_id }))
  const watchers = await startLoadProcess<"quiet", Watched>("watchers.ts", [gatewayWsUrl, `${count}`, ...rids])
  return {
    shopIds: shops,
    settled: async () => {
      await watchers.run("quiet")
    },
    stop: () => watchers.stop(),
  }
}

async function fillLog(product: Processes, events: number): Promise<Prepared> {
  await store(product.natsUrl, shopIds(SHOPS_OF_LOG), events)
  await idle(product)
  return { settled: async () => {}, stop: async () => {} }
}

async function idleSockets({ edgeUrl, gatewayUrl }: Processes, count: number): Promise<Prepared> {
  const args = ["idle sockets at the edge", edgeUrl, gatewayUrl, `${count}`]
  const sockets = await startLoadProcess("hostile.ts", args)
  return { settled: async () => {}, stop: () => sockets.stop() }
}

async function loadShops(product: Processes, count: number): Promise<Prepared> {
  const shops = shopIds(count)
  await store(product.natsUrl, shops, count)
  const nats = await connect({ servers: product.natsUrl })
  const names = shops.map((shop_id) => feed.name({ shop_id }))
  const load = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await nats.request(`get.${name}`, "{}", { timeout: GET_MS })
    }
  }
  await Promise.all(Array.from({ length: GETS_AT_ONCE }, load))
  await nats.close()
  await idle(product)
  return { settled: async () => {}, stop: async () => {} }
}

/** Events of the shops in turns, straight to the log. */
async function store(natsUrl: string, shops: readonly string[], count: number): Promise<void> {
  const nats = await connect({ servers: natsUrl })
  const replies = new Replies(nats)
  const messages = shops.map((shop_id) => [shopSubject(shop_id), JSON.stringify(publishEvent({ shop_id }))] as const)
  let sent = 0
  let stored = 0
  const next = (): void => {
    const [subject, body] = messages[sent % messages.length] ?? ["", ""]
    if (sent++ >= count) return
    replies.request(subject, body, () => {
      stored++
      next()
    })
  }
  for (let i = 0; i < STORES_AT_ONCE; i++) next()
  await until("all events to be stored", () => stored === count, STORE_MS)
  await nats.close()
}

/** Resolves when the service has followed the log to its end. */
async function idle({ pids }: Processes): Promise<void> {
  for (let before = Number.NEGATIVE_INFINITY, now = 0; now - before > IDLE_SECONDS; ) {
    before = cpuSeconds(pids.service)
    await sleep(500)
    now = cpuSeconds(pids.service)
  }
}
