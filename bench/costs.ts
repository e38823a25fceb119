// CPU time that one published event costs each process, and one get: POSTs at a steady rate to shops that nobody watches, that one screen
// each watches, and to one shop that many screens watch. The parameters of `npm run bench -- scaling` come from here.
// npm run bench -- costs [seconds] [events/s]
import { randomUUID } from "node:crypto"
import { loadavg } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { connect } from "nats"
import { publishEvent } from "../test/helpers/events.ts"
import { until } from "../test/helpers/until.ts"
import { FrameSocket } from "./load/frame-socket.ts"
import { cpuSeconds, memoryMiB, startProcesses } from "./processes.ts"
import { report } from "./stats.ts"

const SHOPS = 200
const SCREENS_OF_ONE_SHOP = 200
/** Events of each shop before gets are measured: a full feed. */
const EVENTS_OF_FULL_FEED = 100
const GETS = 2000
const GETS_AT_ONCE = 8
const DEADLINE_MS = 60_000

const seconds = Number(process.argv[2] ?? 8)
const rate = Number(process.argv[3] ?? 200)
const processes = await startProcesses()
const nats = await connect({ servers: processes.natsUrl })
const { pids } = processes

/** CPU time of each process for one of `count` events, in µs, while `task` runs; the idle processes' own included. */
async function measure(figure: string, count: number, task: () => Promise<void>): Promise<void> {
  const before = cpu()
  await task()
  const used = cpu().map((now, i) => Math.round(((now - (before[i] ?? 0)) * 1e6) / count))
  const [edge, service, server, gateway] = used
  report(figure, { count, cpuMicros: { edge, service, nats: server, gateway }, load: loadavg()[0] })
}

function cpu(): number[] {
  return [pids.edge, pids.service, pids.nats, pids.gateway].map(cpuSeconds)
}

let delivered = 0

/** Opens a screen that shows the feeds of some shops. */
async function openScreen(shopIds: readonly string[]): Promise<FrameSocket> {
  let answered = 0
  const socket = await FrameSocket.open(`${processes.gatewayWsUrl}/`, (frame) => {
    if (frame.includes('"event":')) delivered++
    else answered++
  })
  socket.send(JSON.stringify({ id: 0, method: "version", params: { protocol: "1.2.3" } }))
  for (const [i, shopId] of shopIds.entries()) socket.send(`{"id":${i + 1},"method":"subscribe.store.${shopId}.feed"}`)
  await until("the feeds to be answered", () => answered > shopIds.length, DEADLINE_MS)
  return socket
}

/** POSTs events at the rate, to one shop after the other. */
async function post(shopIds: readonly string[], count: number): Promise<void> {
  const start = performance.now()
  const posts: Promise<unknown>[] = []
  for (let i = 0; i < count; i++) {
    const shop_id = shopIds[i % shopIds.length] ?? ""
    const wait = start + (i * 1000) / rate - performance.now()
    if (wait > 0) await sleep(wait)
    posts.push(
      fetch(`${processes.edgeUrl}/publish/${shop_id}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(publishEvent({ shop_id })),
      }).then(async (response) => {
        await response.arrayBuffer()
        if (response.status !== 200) throw new Error(`answered ${response.status}`)
      }),
    )
  }
  await Promise.all(posts)
}

const count = seconds * rate
const newShops = (n: number): string[] => Array.from({ length: n }, () => randomUUID())
await post(newShops(1), 500) // warm

await measure("nothing, for as long; divided as if it were the events", count, () => sleep(seconds * 1000))
await measure("POST to shops that nobody watches", count, () => post(newShops(SHOPS), count))

const watched = newShops(SHOPS)
const before = { service: memoryMiB(pids.service).now, gateway: memoryMiB(pids.gateway).now }
const each: FrameSocket[] = []
for (const shopId of watched) each.push(await openScreen([shopId]))
await measure("POST to shops, one screen each", count, () => post(watched, count))
await until("all to be delivered", () => delivered >= count, DEADLINE_MS)
const after = { service: memoryMiB(pids.service).now, gateway: memoryMiB(pids.gateway).now }
report("memory before and with these screens and shops", { shops: SHOPS, before, after })
for (const socket of each) socket.close()

const [one = ""] = newShops(1)
const many: FrameSocket[] = []
for (let i = 0; i < SCREENS_OF_ONE_SHOP; i++) many.push(await openScreen([one]))
await measure(`POST to one shop, ${SCREENS_OF_ONE_SHOP} screens`, count, () => post([one], count))
for (const socket of many) socket.close()

const full = await nats.request(`get.store.${one}.feed`, "{}", { timeout: DEADLINE_MS })
let gets = 0
await measure(`get of a full feed of ${EVENTS_OF_FULL_FEED}, ${full.data.length} bytes, by NATS`, GETS, async () => {
  const run = async (): Promise<void> => {
    while (gets++ < GETS) await nats.request(`get.store.${one}.feed`, "{}", { timeout: DEADLINE_MS })
  }
  await Promise.all(Array.from({ length: GETS_AT_ONCE }, run))
})

await nats.close()
await processes.stop()
