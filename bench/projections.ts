// How many events a second of one shop the service takes in: while nobody looks, while its feed is watched, and while its feed, its
// figures, its list and every open basket are. The events are on the log already when the service begins to follow, so that
// only its own work counts. Then at a calm rate: from a publish to the change of its basket.
// npm run bench -- projections [events]
import { randomUUID } from "node:crypto"
import { jetstream } from "@nats-io/jetstream"
import { connect, type NatsConnection } from "nats"
import { type PublishEvent, samplePublishEvent } from "../contract/publish-event.ts"
import { health } from "../contract/shopwire.ts"
import { shopSubject } from "../contract/subjects.ts"
import { resRequest } from "../test/helpers/res.ts"
import { until } from "../test/helpers/until.ts"
import { cpuSeconds, startProcesses } from "./processes.ts"
import { report, summarize } from "./stats.ts"

const SESSIONS = 100
/** So many are published at once while the service stands still: in less time than it may without losing its lease. */
const PART = 2000
const CALM_EVENTS = 300
const CALM_PAUSE_MS = 20

/** By shop. */
const sessions = new Map<string, string[]>()

await main(Number(process.argv[2] ?? 20_000))

async function main(count: number): Promise<void> {
  const product = await startProcesses()
  const nats = await connect({ servers: product.natsUrl })
  const levels: Record<string, (shopId: string) => string[]> = {
    "nobody looks": () => [],
    "its feed is watched": () => ["feed"],
    "feed, figures, list and 100 baskets are watched": (shopId) => [
      "feed",
      "stats",
      "baskets",
      ...sessionsOf(shopId).map((id) => `basket.${id}`),
    ],
  }
  for (const round of [1, 2]) {
    for (const [what, resourcesOf] of Object.entries(levels)) {
      const shopId = randomUUID()
      await publish(nats, shopId, SESSIONS)
      for (const resource of resourcesOf(shopId)) await resRequest(nats, `get.store.${shopId}.${resource}`)
      let events = 0
      const subscription = nats.subscribe(`event.store.${shopId}.>`, {
        callback: () => {
          events++
        },
      })
      const cpu = cpuSeconds(product.pids.service)
      let seconds = 0
      for (let done = 0; done < count; done += PART) {
        // Stopped in its tracks, the service finds them all when it goes on.
        process.kill(product.pids.service, "SIGSTOP")
        const last = await publish(nats, shopId, PART)
        const start = performance.now()
        process.kill(product.pids.service, "SIGCONT")
        await until("all events to be taken in", async () => (await position(nats)) >= last, 120_000)
        seconds += (performance.now() - start) / 1000
      }
      await nats.flush()
      report(`events of one shop taken in, a second; ${what}`, {
        round,
        perSecond: Math.round(count / seconds),
        cpuMicrosPerEvent: Math.round(((cpuSeconds(product.pids.service) - cpu) / count) * 1e6),
        changesSent: events,
      })
      subscription.unsubscribe()
    }
  }
  report("publish to the change of its basket, ms", summarize(await untilChanged(nats)))
  await nats.close()
  await product.stop()
}

function sessionsOf(shopId: string): string[] {
  const known = sessions.get(shopId) ?? Array.from({ length: SESSIONS }, () => randomUUID())
  sessions.set(shopId, known)
  return known
}

function eventOf(shop_id: string, n: number): PublishEvent {
  const turn = Math.floor(n / SESSIONS)
  const action = turn % 10 === 9 ? "REMOVE" : "ADD"
  const product_id = (n * 31) % 17
  return { ...samplePublishEvent, shop_id, session_id: sessionsOf(shop_id)[n % SESSIONS] ?? "", action, product_id }
}

/** Publishes events of a shop; resolves to the sequence of the last one when all are stored. */
async function publish(nats: NatsConnection, shopId: string, count: number): Promise<number> {
  const log = jetstream(nats, { timeout: 60_000 })
  let last = 0
  for (let i = 0; i < count; i += 1000) {
    const acks = await Promise.all(
      Array.from({ length: Math.min(1000, count - i) }, (_, k) =>
        log.publish(shopSubject(shopId), JSON.stringify(eventOf(shopId, i + k))),
      ),
    )
    last = Math.max(last, ...acks.map(({ seq }) => seq))
  }
  return last
}

async function position(nats: NatsConnection): Promise<number> {
  return (await resRequest(nats, `get.${health.name({})}`)).result.model.last_seq
}

/** One event after the other, at a calm rate, each in a basket of its own that somebody watches. */
async function untilChanged(nats: NatsConnection): Promise<number[]> {
  const shopId = randomUUID()
  await publish(nats, shopId, SESSIONS)
  for (const id of sessionsOf(shopId)) await resRequest(nats, `get.store.${shopId}.basket.${id}`)
  let changed: () => void = () => {}
  nats.subscribe(`event.store.${shopId}.>`, { callback: () => changed() })
  const timings: number[] = []
  for (let n = 0; n < CALM_EVENTS; n++) {
    const start = performance.now()
    const seen = new Promise<number>((resolve) => {
      changed = () => resolve(performance.now() - start)
    })
    nats.publish(shopSubject(shopId), JSON.stringify(eventOf(shopId, n)))
    timings.push(await seen)
    await new Promise((resolve) => setTimeout(resolve, CALM_PAUSE_MS))
  }
  return timings
}
