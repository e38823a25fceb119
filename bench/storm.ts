// N feeds of N small shops, all subscribed to at once through the gateway; then the gateway is killed and all clients come back; then
// the service is killed, each shop gets an event meanwhile, and the service comes back (reset storm). Every subscription that fails
// is tried again after a second. `npm run build` first.
// npm run bench -- storm [shops] [events of each]
import { randomUUID } from "node:crypto"
import { loadavg } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstream } from "@nats-io/jetstream"
import { connect } from "nats"
import { shopSubject } from "../contract/subjects.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { until } from "../test/helpers/until.ts"
import { FrameSocket } from "./load/frame-socket.ts"
import { cpuSeconds, memoryMiB, startProcesses } from "./processes.ts"
import { report, summarize } from "./stats.ts"

/** So few that the gateway takes all requests of a client at once. */
const FEEDS_OF_CLIENT = 25
/** The others are those of its feeds. */
const VERSION_ID = FEEDS_OF_CLIENT
const RETRY_MS = 1000
const DEADLINE_MS = 120_000
/** Publications under way, since a stream drops what comes faster than it can store. */
const CHUNK = 1000

/** A feed as a client sees it. */
interface Watched {
  readonly shopId: string
  /** Sequence of its newest event that is shown; 0: not subscribed. */
  shown: number
  askedAt: number
}

/** A client with some feeds, which it subscribes to, again and again until it has all of them. */
class Client {
  static readonly gets: number[] = []
  static readonly failures = new Map<string, number>()
  readonly #feeds: readonly Watched[]
  #socket: FrameSocket | undefined

  constructor(feeds: readonly Watched[]) {
    this.#feeds = feeds
  }

  async open(url: string): Promise<void> {
    for (const feed of this.#feeds) feed.shown = 0
    for (;;) {
      try {
        this.#socket = await FrameSocket.open(url, (frame) => this.#read(frame.toString("latin1")))
        break
      } catch {
        await sleep(100)
      }
    }
    this.#socket.send(JSON.stringify({ id: VERSION_ID, method: "version", params: { protocol: "1.2.3" } }))
    for (const index of this.#feeds.keys()) this.#subscribe(index)
  }

  close(): void {
    this.#socket?.close()
    this.#socket = undefined
  }

  #subscribe(index: number): void {
    const feed = this.#feeds[index]
    if (feed === undefined || this.#socket === undefined) return
    feed.askedAt = performance.now()
    this.#socket.send(`{"id":${index},"method":"subscribe.store.${feed.shopId}.feed"}`)
  }

  #read(text: string): void {
    const id = /"id":(\d+)\}$/.exec(text)?.[1]
    if (id === undefined) this.#readEvent(text)
    else if (text.includes('"error":{')) {
      const code = /"code":"([^"]*)"/.exec(text)?.[1] ?? ""
      Client.failures.set(code, (Client.failures.get(code) ?? 0) + 1)
      setTimeout(() => this.#subscribe(Number(id)), RETRY_MS)
    } else {
      const feed = this.#feeds[Number(id)]
      if (feed === undefined) return
      Client.gets.push(performance.now() - feed.askedAt)
      feed.shown = newestSeq(text)
    }
  }

  #readEvent(text: string): void {
    const [, shopId, name] = /"event":"store\.([^.]*)\.feed\.(\w+)"/.exec(text) ?? []
    const index = this.#feeds.findIndex((feed) => feed.shopId === shopId)
    const feed = this.#feeds[index]
    if (feed === undefined) return
    if (name === "add") feed.shown = newestSeq(text)
    else if (name === "unsubscribe") {
      Client.failures.set("unsubscribed", (Client.failures.get("unsubscribed") ?? 0) + 1)
      feed.shown = 0
      setTimeout(() => this.#subscribe(index), RETRY_MS)
    }
  }
}

function newestSeq(text: string): number {
  return Math.max(...Array.from(text.matchAll(/"seq":(\d+)/g), ([, seq]) => Number(seq)))
}

const shops = Number(process.argv[2] ?? 10_000)
const events = Number(process.argv[3] ?? 3)
const processes = await startProcesses()
const nats = await connect({ servers: processes.natsUrl })
const log = jetstream(nats, { timeout: 60_000 })
const newest = new Map<string, number>()
const shopIds = Array.from({ length: shops }, () => randomUUID())

async function publishToEach(): Promise<void> {
  for (let i = 0; i < shops; i += CHUNK) {
    const publishing = shopIds.slice(i, i + CHUNK).map(async (shop_id) => {
      const { seq } = await log.publish(shopSubject(shop_id), JSON.stringify(publishEvent({ shop_id })))
      newest.set(shop_id, seq)
    })
    await Promise.all(publishing)
  }
}

const feeds = shopIds.map((shopId): Watched => ({ shopId, shown: 0, askedAt: 0 }))
const clients: Client[] = []
for (let i = 0; i < shops; i += FEEDS_OF_CLIENT) clients.push(new Client(feeds.slice(i, i + FEEDS_OF_CLIENT)))

/** Waits until all feeds are right, and prints what that took since `cause` resolved to when to count from. */
async function measure(what: string, cause: () => Promise<number>): Promise<void> {
  Client.gets.length = 0
  Client.failures.clear()
  const before = new Map(Object.values(processes.pids).map((pid) => [pid, cpuSeconds(pid)]))
  const begin = await cause()
  await until(what, () => feeds.every(({ shopId, shown }) => shown === newest.get(shopId)), DEADLINE_MS)
  const { service, gateway, nats: server } = processes.pids
  // A program that was restarted has begun at 0.
  const used = (pid: number): number => Math.round(10 * (cpuSeconds(pid) - (before.get(pid) ?? 0))) / 10
  report(what, {
    allRightMs: Math.round(performance.now() - begin),
    failures: Object.fromEntries(Client.failures),
    getsMs: Client.gets.length === 0 ? undefined : summarize(Client.gets),
    mib: { service: memoryMiB(service), gateway: memoryMiB(gateway), nats: memoryMiB(server) },
    cpuSeconds: { service: used(service), gateway: used(gateway), nats: used(server) },
    load: loadavg()[0],
  })
}

async function comeBack(): Promise<number> {
  const begin = performance.now()
  await Promise.all(clients.map((client) => client.open(`${processes.gatewayWsUrl}/`)))
  return begin
}

for (let i = 0; i < events; i++) await publishToEach()
report("before", { shops, events, clients: clients.length, mib: memoryMiB(processes.pids.service), load: loadavg()[0] })
await measure("all subscribe at once", comeBack)
await measure("the gateway was killed, and all come back", async () => {
  await processes.kill("gateway")
  for (const client of clients) client.close()
  processes.start("gateway")
  return await comeBack()
})
await measure("the service was killed, each shop got an event, and another service has sent its reset", async () => {
  await processes.kill("service")
  await publishToEach()
  const reset = nats.subscribe("system.reset", { max: 1 })
  processes.start("service")
  for await (const _ of reset) break
  return performance.now()
})
for (const client of clients) client.close()
await nats.close()
await processes.stop()
