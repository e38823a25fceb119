// How fast events can be written in bulk; and how long the archiver takes to catch up with a log that nobody has archived.
// npm run bench -- archive [events] [shoppers at the same time] [events of each basket]: on the MongoDB of MONGO_URL, else on
// what test/helpers/mongo finds.
import type { ChildProcess } from "node:child_process"
import { randomUUID } from "node:crypto"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { MongoClient } from "mongodb"
import { connect } from "nats"
import { shopSubject } from "../contract/subjects.ts"
import { EventCollection } from "../service/archive/event-collection.ts"
import { eventDocument } from "../service/archive/event-document.ts"
import { ensureIndexes } from "../service/archive/indexes.ts"
import { consumerName } from "../service/archive/intake.ts"
import { JetStream } from "../service/jetstream/jetstream.ts"
import { logId } from "../service/log/log-id.ts"
import { openStream, STREAM } from "../service/log/stream.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { startMongo } from "../test/helpers/mongo/mongo.ts"
import { startNats } from "../test/helpers/nats.ts"
import { until } from "../test/helpers/until.ts"
import { compiledFile } from "../tools/programs/paths.ts"
import { endChild, startChild } from "./children.ts"
import { cpuSeconds, memoryMiB } from "./processes.ts"
import { report, timed } from "./stats.ts"

const [count = 100_000, shoppers = 500, basketEvents = 50] = process.argv.slice(2).map(Number)

const SHOPS = 100

/** Events on their way to JetStream at once. */
const IN_FLIGHT = 1000
/** Events in one bulk write, as the archiver has it. */
const BULK = 2500
const DEADLINE_MS = 60 * 60 * 1000

const main = compiledFile("service/archive/main")

// The Java process of `startMongo` does not keep this one alive.
const awake = setInterval(() => {}, 60_000)
const mongo = await startMongo({ javaHeap: "8g" })
if (typeof mongo === "string") throw new Error(mongo)
const natsServer = await startNats()
const nats = await connect({ servers: natsServer.url })
const jsm = await jetstreamManager(nats)
const { created } = await openStream(new JetStream(nats), { maxAgeDays: 0, maxMiB: 0 })
await fillLog()

const started = Date.now()
const archiver = startArchiver()
const log = logId(created)
let peakMiB = 0
await until(
  "the archiver to have caught up",
  async () => {
    peakMiB = Math.max(peakMiB, memoryMiB(archiver.pid ?? 0).most)
    const info = await jsm.consumers.info(STREAM, consumerName(log)).catch(() => undefined)
    return info !== undefined && info.num_pending === 0 && info.num_ack_pending === 0
  },
  DEADLINE_MS,
)
const seconds = (Date.now() - started) / 1000
report("catch up, the start of the process included", {
  server: mongo.kind,
  events: count,
  seconds: round(seconds),
  events_per_second: Math.round(count / seconds),
  shoppers,
  events_of_a_basket: basketEvents,
  archiver_peak_MiB: Math.round(peakMiB),
  archiver_cpu_seconds: round(cpuSeconds(archiver.pid ?? 0)),
})

await endChild(archiver)
await writeInBulk()
await nats.close()
await natsServer.stop()
await mongo.stop()
clearInterval(awake)

async function fillLog(): Promise<void> {
  const js = jetstream(nats)
  const shops = Array.from({ length: SHOPS }, () => randomUUID())
  const sessions = Array.from({ length: shoppers }, () => randomUUID())
  const before = Date.now()
  for (let from = 0; from < count; from += IN_FLIGHT) {
    const events = Array.from({ length: Math.min(IN_FLIGHT, count - from) }, (_, i) => {
      const n = from + i
      const shopper = n % shoppers
      // Each begins a new basket when the last one is bought.
      const place = (Math.floor(n / shoppers) + shopper) % basketEvents
      if (place === 0) sessions[shopper] = randomUUID()
      return publishEvent({
        shop_id: shops[shopper % SHOPS] ?? "",
        session_id: sessions[shopper] ?? "",
        action: place === basketEvents - 1 ? "CHECKOUT" : "ADD",
        action_id: n,
        product_id: n % 17,
        product_name: `Product ${n % 17}`,
      })
    })
    await Promise.all(events.map((event) => js.publish(shopSubject(event.shop_id), JSON.stringify(event))))
  }
  const fillSeconds = (Date.now() - before) / 1000
  report("fill the log", { events: count, seconds: round(fillSeconds) })
}

/** The archive's own bulk insert with its indexes, alone: no log, no baskets. */
async function writeInBulk(): Promise<void> {
  if (typeof mongo === "string") throw new Error(mongo)
  const client = new MongoClient(mongo.url, { writeConcern: { w: "majority" } })
  const db = client.db(`${client.db().databaseName}-bulk`)
  await ensureIndexes(db)
  const events = new EventCollection(db)
  const log = logId(created)
  let writeMs = 0
  for (let from = 0; from < count; from += BULK) {
    const documents = Array.from({ length: Math.min(BULK, count - from) }, (_, i) => {
      const event = { ...publishEvent(), seq: from + i + 1, received_at: new Date().toISOString() }
      return eventDocument(log, { shopId: event.shop_id, event })
    })
    writeMs += await timed(() => events.insert(documents))
  }
  await db.dropDatabase()
  await client.close()
  report("bulk insert alone", {
    server: mongo.kind,
    events: count,
    events_per_second: Math.round(count / (writeMs / 1000)),
  })
}

function startArchiver(): ChildProcess {
  if (typeof mongo === "string") throw new Error(mongo)
  const env = { ...process.env, NATS_URL: natsServer.url, MONGO_URL: mongo.url, LOG_LEVEL: "warn" }
  return startChild(process.execPath, [main], { env })
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
