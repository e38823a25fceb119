// How many readers a stream has at which rate; how long an export and an erasure take, and in which memory.
// npm run bench -- history [events in the log]
import { randomUUID } from "node:crypto"
import { get } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstream } from "@nats-io/jetstream"
import { connect } from "nats"
import { shopSubject } from "../contract/subjects.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { until } from "../test/helpers/until.ts"
import { countCpu, memoryMiB, startProcesses } from "./processes.ts"
import { report, summarize, timed } from "./stats.ts"

const [count = 300_000] = process.argv.slice(2).map(Number)

/** Events on their way to JetStream at once. */
const IN_FLIGHT = 1000
const DEADLINE_MS = 10 * 60 * 1000
const STREAM_SECONDS = 8
const TICKS_PER_S = 100

const product = await startProcesses()
const nats = await connect({ servers: product.natsUrl })
const js = jetstream(nats)
const { pids, edgeUrl } = product

for (const [readers, rate] of [
  [100, 100],
  [1000, 20],
  [1000, 50],
  [10, 3000],
] as const) {
  await stream(readers, rate)
}
const shopId = randomUUID()
const shopperId = randomUUID()
await fillLog()
await resume(200, 10_000)
await exportAll("ndjson")
await exportAll("csv")
await erase()

await nats.close()
await product.stop()

/** Opens so many readers of a new shop, and publishes at a rate; from the time in each event's name to each reader. */
async function stream(readers: number, rate: number): Promise<void> {
  const shop_id = randomUUID()
  const delays: number[] = []
  let delivered = 0
  const requests = await Promise.all(
    Array.from({ length: readers }, () =>
      open(`${edgeUrl}/stream/${shop_id}`, (text) => {
        for (const [, sentAt] of text.matchAll(/"product_name":"([\d.]+)"/g)) {
          delivered++
          if (delivered % 10 === 0) delays.push(performance.now() - Number(sentAt))
        }
      }),
    ),
  )
  await sleep(500)
  const cpu = countCpu({ ...pids })
  const start = performance.now()
  let published = 0
  for (let tick = 1; tick <= STREAM_SECONDS * TICKS_PER_S; tick++) {
    const due = Math.floor((tick * rate) / TICKS_PER_S)
    for (; published < due; published++) {
      nats.publish(
        shopSubject(shop_id),
        JSON.stringify(publishEvent({ shop_id, product_name: `${performance.now()}` })),
      )
    }
    await sleep(Math.max(0, start + (tick * 1000) / TICKS_PER_S - performance.now()))
  }
  await until("all to be delivered", () => delivered >= published * readers, DEADLINE_MS)
  const seconds = (performance.now() - start) / 1000
  const used = cpu()
  report("stream", {
    readers,
    "events/s": Math.round(published / seconds),
    "deliveries/s": Math.round(delivered / seconds),
    delayMs: summarize(delays),
    cpu: Object.fromEntries(Object.entries(used).map(([name, took]) => [name, round(took / seconds)])),
    edgeMiB: memoryMiB(pids.edge).now,
    serviceMiB: memoryMiB(pids.service).now,
  })
  for (const request of requests) request.destroy()
  await sleep(500)
}

async function fillLog(): Promise<void> {
  const ms = await timed(async () => {
    for (let i = 0; i < count; i += IN_FLIGHT) {
      const some = Array.from({ length: Math.min(IN_FLIGHT, count - i) }, (_, j) => {
        const own = (i + j) % Math.ceil(count / 100) === 0 ? { shopper_id: shopperId } : {}
        return publishEvent({ shop_id: shopId, session_id: randomUUID(), ...own })
      })
      await Promise.all(some.map((event) => js.publish(shopSubject(shopId), JSON.stringify(event))))
    }
  })
  report("fill the log", { events: count, "events/s": Math.round((count / ms) * 1000) })
}

/** Readers that all come again at the same time, far behind. */
async function resume(readers: number, behind: number): Promise<void> {
  const feed = (await (await fetch(`${product.gatewayUrl}/api/store/${shopId}/feed`)).json()) as { seq: number }[]
  const newest = feed[0]?.seq ?? 0
  let delivered = 0
  const ms = await timed(async () => {
    const requests = await Promise.all(
      Array.from({ length: readers }, () =>
        open(`${edgeUrl}/stream/${shopId}?last_event_id=${newest - behind}`, (text) => {
          delivered += text.split("event: action").length - 1
        }),
      ),
    )
    await until("all to have caught up", () => delivered >= readers * behind * 0.999, DEADLINE_MS)
    for (const request of requests) request.destroy()
  })
  report("resume", {
    readers,
    behind,
    seconds: round(ms / 1000),
    "deliveries/s": Math.round((delivered / ms) * 1000),
    edgeMiB: memoryMiB(pids.edge).now,
    serviceMiB: memoryMiB(pids.service).now,
  })
}

async function exportAll(format: string): Promise<void> {
  const before = { edge: memoryMiB(pids.edge).now, service: memoryMiB(pids.service).now }
  const peak = { ...before }
  const watching = setInterval(() => {
    peak.edge = Math.max(peak.edge, memoryMiB(pids.edge).now)
    peak.service = Math.max(peak.service, memoryMiB(pids.service).now)
  }, 100)
  let bytes = 0
  const ms = await timed(async () => {
    const response = await fetch(`${edgeUrl}/export/${shopId}?format=${format}`)
    for await (const chunk of response.body ?? []) bytes += (chunk as Uint8Array).length
  })
  clearInterval(watching)
  report(`export ${format}`, {
    events: count,
    MB: Math.round(bytes / 1e6),
    seconds: round(ms / 1000),
    "events/s": Math.round((count / ms) * 1000),
    edgeMiB: `${before.edge} -> at most ${peak.edge}`,
    serviceMiB: `${before.service} -> at most ${peak.service}`,
  })
}

async function erase(): Promise<void> {
  for (const title of ["erase", "erase again"]) {
    let body: unknown
    const ms = await timed(async () => {
      body = await (await fetch(`${edgeUrl}/shoppers/${shopperId}`, { method: "DELETE" })).json()
    })
    report(title, { events: count, seconds: round(ms / 1000), answer: body })
  }
}

function open(url: string, onText: (text: string) => void): Promise<{ destroy(): void }> {
  return new Promise((resolve, reject) => {
    let rest = ""
    const request = get(url, { agent: false }, (response) => {
      response.setEncoding("utf8").on("data", (text: string) => {
        const all = rest + text
        const end = all.lastIndexOf("\n") + 1
        rest = all.slice(end)
        onText(all.slice(0, end))
      })
      response.on("error", () => {})
      resolve(request)
    })
    request.on("error", reject)
  })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
