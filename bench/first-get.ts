// First `get` of shops in a stream of 1,000,000 events over 100,000 shops; and, with a hot shop among them, of that one.
// npm run bench -- first-get [events] [shops]
import { randomUUID } from "node:crypto"
import { jetstream } from "@nats-io/jetstream"
import { connect } from "nats"
import { shopSubject } from "../service/log/subjects.ts"
import { samplePublishEvent } from "../service/schemas/publish-event.ts"
import { startService } from "../service/service.ts"
import { startNats } from "../test/helpers/nats.ts"
import { serviceOptions } from "../test/helpers/product.ts"
import { getFeed } from "../test/helpers/res.ts"
import { report, summarize, timed } from "./stats.ts"

const GETS = 1000
const HOT_SHARE = 20
const CHUNK = 5000

const events = Number(process.argv[2] ?? 1_000_000)
const shops = Array.from({ length: Number(process.argv[3] ?? 100_000) }, () => randomUUID())
const hot = randomUUID()

const natsServer = await startNats()
const nats = await connect({ servers: natsServer.url })
let service = await startService(nats, serviceOptions)
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
        return log.publish(
          shopSubject(shopId),
          JSON.stringify({ ...samplePublishEvent, shop_id: shopId, action_id: n }),
        )
      }),
    )
  }
})
service = await startService(nats, serviceOptions)
report("fill", { events, shops: shops.length, ms: Math.round(fillMs) })

const cold: number[] = []
for (let i = 0; i < GETS; i++) cold.push(await timed(() => getFeed(nats, shops[(i * 97) % shops.length] ?? hot)))
report("first get of a shop, ms", summarize(cold))

const hotGets: number[] = []
for (let i = 0; i < 20; i++) {
  await service.stop()
  service = await startService(nats, serviceOptions)
  hotGets.push(await timed(() => getFeed(nats, hot)))
}
report(`first get of a shop with ${events / HOT_SHARE} events, ms`, summarize(hotGets))

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
