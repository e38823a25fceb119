// First `get` of shops in a stream of 1,000,000 events over 100,000 shops; and, with a hot shop among them, of that one: its feed,
// its baskets and its figures, without a snapshot, with one, and with one that lacks the last 900 events.
// npm run bench -- first-get [events] [shops]
import { randomUUID } from "node:crypto"
import { jetstream } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { connect } from "nats"
import { type PublishEvent, samplePublishEvent } from "../contract/publish-event.ts"
import { shopSubject } from "../contract/subjects.ts"
import { partitionOf } from "../service/log/subjects.ts"
import { startService } from "../service/running-service.ts"
import { BUCKET } from "../service/store/snapshots.ts"
import { startNats } from "../test/helpers/nats.ts"
import { serviceOptions } from "../test/helpers/product.ts"
import { getFeed, resRequest } from "../test/helpers/res.ts"
import { until } from "../test/helpers/until.ts"
import { report, summarize, timed } from "./stats.ts"

const GETS = 1000
const HOT_SHARE = 20
const CHUNK = 5000
/** Of the hot shop: shoppers at a time, products, and events until one checks out. */
const SESSIONS = 300
const PRODUCTS = 200
const EVENTS_OF_BASKET = 8
/** Events behind the snapshot; with 1,000 there would be a newer one. */
const TAIL = 900

const events = Number(process.argv[2] ?? 1_000_000)
const shops = Array.from({ length: Number(process.argv[3] ?? 100_000) }, () => randomUUID())
const hot = randomUUID()
const sessions = Array.from({ length: SESSIONS }, () => randomUUID())

const natsServer = await startNats()
const nats = await connect({ servers: natsServer.url })
const connectService = () => connect({ servers: natsServer.url })
let service = await startService(connectService, serviceOptions)
await service.stop()

const log = jetstream(nats, { timeout: 60_000 })
const fillMs = await timed(async () => {
  // Acknowledged, since a stream drops what comes faster than it can store.
  for (let i = 0; i < events; i += CHUNK) {
    await Promise.all(
      Array.from({ length: Math.min(CHUNK, events - i) }, (_, k) => {
        // One event in twenty is the hot shop's.
        const n = i + k
        const shopId = n % HOT_SHARE === 0 ? hot : (shops[n % shops.length] ?? hot)
        return log.publish(shopSubject(shopId), JSON.stringify(eventOf(shopId, n)))
      }),
    )
  }
})
service = await startService(connectService, serviceOptions)
report("fill", { events, shops: shops.length, ms: Math.round(fillMs) })

const cold: number[] = []
for (let i = 0; i < GETS; i++) cold.push(await timed(() => getFeed(nats, shops[(i * 97) % shops.length] ?? hot)))
report("first get of a shop, ms", summarize(cold))

const hotGets: number[] = []
for (let i = 0; i < 20; i++) {
  await service.stop()
  service = await startService(connectService, serviceOptions)
  hotGets.push(await timed(() => getFeed(nats, hot)))
}
report(`first get of a shop with ${events / HOT_SHARE} events, ms`, summarize(hotGets))

for (const resource of ["stats", "baskets"]) {
  const snapshots = await new Kvm(nats).open(BUCKET)
  const key = `${partitionOf(hot)}.${hot}`
  const get = async (): Promise<void> => {
    await service.stop()
    service = await startService(connectService, serviceOptions)
    timings.push(await timed(() => answered(`get.store.${hot}.${resource}`)))
  }
  const timings: number[] = []
  for (let i = 0; i < 5; i++) {
    await snapshots.purge(key)
    await get()
    await until("the snapshot", async () => (await snapshots.get(key))?.operation === "PUT", 20_000)
  }
  report(`first get of its ${resource} without a snapshot, ms`, summarize(timings.splice(0)))
  for (let i = 0; i < 20; i++) await get()
  const bytes = (await snapshots.get(key))?.length
  report(`first get of its ${resource} with a snapshot, ms`, { bytes, ...summarize(timings.splice(0)) })
  await Promise.all(
    Array.from({ length: TAIL }, (_, i) => log.publish(shopSubject(hot), JSON.stringify(eventOf(hot, i)))),
  )
  // Loaded from there, it would get a newer one at once.
  const old = await snapshots.get(key)
  for (let i = 0; i < 20; i++) {
    if (old !== null) await snapshots.put(key, old.value)
    await get()
  }
  report(`first get of its ${resource} with a snapshot and ${TAIL} events behind it, ms`, summarize(timings))
}

const feed = await getFeed(nats, hot)
let before = feed.at(-1)?.seq ?? 0
const pages: number[] = []
for (let i = 0; i < 200; i++) {
  pages.push(
    await timed(async () => {
      const page = await getFeed(nats, hot, `before=${before}&limit=100`)
      before = page.at(-1)?.seq ?? 0
    }),
  )
}
report("older page of 100 of the hot shop, ms", summarize(pages))

const again: number[] = []
for (let i = 0; i < GETS; i++) again.push(await timed(() => getFeed(nats, hot)))
report("get of a loaded feed of 100, ms", summarize(again))

await service.stop()
await nats.close()
await natsServer.stop()

/** Rejects when the answer is an error. */
async function answered(subject: string): Promise<void> {
  const { error } = await resRequest(nats, subject)
  if (error !== undefined) throw new Error(`${subject}: ${error.code}`)
}

/** Event `n` of a shop: shoppers who take turns to fill their baskets, and then check out. */
function eventOf(shop_id: string, n: number): PublishEvent {
  const turn = Math.floor(n / HOT_SHARE)
  const product = (turn * 7919) % PRODUCTS
  return {
    ...samplePublishEvent,
    shop_id,
    action_id: n,
    session_id: sessions[turn % SESSIONS] ?? "",
    action: Math.floor(turn / SESSIONS) % EVENTS_OF_BASKET === EVENTS_OF_BASKET - 1 ? "CHECKOUT" : "ADD",
    product_id: product,
    product_name: `Product number ${product}`,
  }
}
