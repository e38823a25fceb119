// The service with a log of 1,000,000 events over 100,000 shops: how long it takes to start, the first get of a shop, and its memory, when
// it has loaded 10,000 of the shops, and with 20,000 sessions.
// npm run bench -- large-log [events] [shops] [sessions]
import { randomUUID } from "node:crypto"
import { loadavg } from "node:os"
import { jetstream } from "@nats-io/jetstream"
import { connect } from "nats"
import { NODE_FLAGS } from "../config/node-flags.ts"
import { baskets, feed, stats } from "../contract/store.ts"
import { shopSubject } from "../contract/subjects.ts"
import { startService } from "../service/running-service.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { startNats } from "../test/helpers/nats.ts"
import { serviceOptions } from "../test/helpers/product.ts"
import { resRequest } from "../test/helpers/res.ts"
import { until } from "../test/helpers/until.ts"
import { compiledFile } from "../tools/programs/paths.ts"
import { endChild, startChild } from "./children.ts"
import { memoryMiB } from "./processes.ts"
import { report, summarize, timed } from "./stats.ts"

/** Publications under way: a stream drops what comes faster than it can store. */
const CHUNK = 5000
const STARTS = 5
const GETS = 1000
/** Shops that somebody looks at, and how many gets are under way. */
const LOADED = 10_000
const AT_ONCE = 64
const START_MS = 30_000

const events = Number(process.argv[2] ?? 1_000_000)
const shops = Array.from({ length: Number(process.argv[3] ?? 100_000) }, () => randomUUID())
const sessions = Number(process.argv[4] ?? 20_000)
const main = compiledFile("service/main")

const natsServer = await startNats()
const nats = await connect({ servers: natsServer.url })
// Makes the streams.
await (await startService(() => connect({ servers: natsServer.url }), serviceOptions)).stop()
const log = jetstream(nats, { timeout: 60_000 })
for (let i = 0; i < events; i += CHUNK) {
  const publishing = Array.from({ length: Math.min(CHUNK, events - i) }, (_, k) => {
    const shop_id = shopAt(i + k)
    return log.publish(shopSubject(shop_id), JSON.stringify(publishEvent({ shop_id, session_id: shop_id })))
  })
  await Promise.all(publishing)
}

const start = () =>
  startChild(process.execPath, [...NODE_FLAGS, main], {
    env: { ...process.env, NATS_URL: natsServer.url, LOG_LEVEL: "warn", SESSION_STARTS_PER_ADDRESS: "1000000" },
  })
let service = start()
const starts: number[] = []
for (let i = 0; i < STARTS; i++) {
  if (i > 0) {
    await endChild(service)
    service = start()
  }
  const isAnswered = async (): Promise<boolean> =>
    await ask(`get.${feed.name({ shop_id: shopAt(i) })}`).then(
      () => true,
      () => false,
    )
  starts.push(await timed(() => until("the service to answer", isAnswered, START_MS)))
}
report("start until a shop is answered, ms", { ...summarize(starts), load: loadavg()[0] })
tellMemory("after its start")

const firstGets: number[] = []
for (let i = 0; i < GETS; i++)
  firstGets.push(await timed(() => ask(`get.${feed.name({ shop_id: shopAt(STARTS + i * 97) })}`)))
report("first get of a shop, ms", { ...summarize(firstGets), load: loadavg()[0] })

for (const resource of [feed, baskets, stats]) {
  await atOnce(LOADED, (i) => ask(`get.${resource.name({ shop_id: shopAt(i) })}`))
  tellMemory(`with ${LOADED} loaded: ${resource.pattern.source}`)
}
await atOnce(sessions, (i) =>
  ask(`call.session.bench-${i}.multicart.start`, {
    cid: `bench-${i}`,
    params: { customerName: "Ann" },
    remoteAddr: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
  }),
)
tellMemory(`with ${sessions} sessions, too`)

await endChild(service)
await nats.close()
await natsServer.stop()

function shopAt(n: number): string {
  return shops[n % shops.length] ?? ""
}

function tellMemory(when: string): void {
  report(`memory of the service ${when}, MiB`, memoryMiB(service.pid ?? 0))
}

/** Runs a task for each number from 0, `AT_ONCE` of them at a time. */
async function atOnce(count: number, task: (i: number) => Promise<void>): Promise<void> {
  const work = async (first: number): Promise<void> => {
    for (let i = first; i < count; i += AT_ONCE) await task(i)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => work(k)))
}

/** Rejects when the answer is an error. */
async function ask(subject: string, payload: object = {}): Promise<void> {
  const { error } = await resRequest(nats, subject, payload)
  if (error !== undefined) throw new Error(`${subject}: ${error.code}`)
}
