// Deliveries per second and their delay: the embedded gateway, Socket.IO 4 and, where RESGATE_BIN names it, a real Resgate,
// one after the other in the same run: N subscribers of one collection, and 1,000 collections with 5 subscribers each.
// Every server is a process of its own and takes its events from the same nats-server.
// npm run bench -- fan-out [seconds]
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { connect, type NatsConnection } from "nats"
import { collection, dataValue, natsConn, Service } from "res-service"
import { publishEvent } from "../test/helpers/events.ts"
import { startNats } from "../test/helpers/nats.ts"
import { freePort } from "../test/helpers/ports.ts"
import { until } from "../test/helpers/until.ts"
import { FrameSocket } from "./load/frame-socket.ts"
import { cpuSeconds, memoryMiB } from "./processes.ts"
import { report, summarize } from "./stats.ts"

interface Shape {
  readonly collections: number
  readonly subscribers: number
}

const SHAPES: readonly Shape[] = [
  { collections: 1, subscribers: 100 },
  { collections: 1, subscribers: 1000 },
  { collections: 1, subscribers: 5000 },
  { collections: 1000, subscribers: 5 },
]

/**
 * Deliveries under way at the most while the throughput is measured, at least and for each connection: enough to keep
 * every server busy, and the same for all.
 */
const MIN_UNDER_WAY = 10_000
const UNDER_WAY_PER_CONNECTION = 20
/** Resgate loses events when more than 8,192 wait for it. */
const MAX_EVENTS_UNDER_WAY = 5_000
/** Deliveries per second while the delay is measured: what each of the servers can do. */
const CALM_DELIVERIES_PER_S = 10_000
/** Every how many-th subscriber reads what it gets. */
const SAMPLE = 20

/** An add event but for its end: `seq`, `sent_at`. */
const EVENT_START = JSON.stringify({ idx: 0, value: { data: publishEvent() } }).slice(0, -3)

/** A kind of server: how it is started, and how a client subscribes. */
interface Kind {
  readonly name: string
  start(natsUrl: string): Promise<{ child: ChildProcess; url: string }>
  /** Resolves when the client has joined; calls `onEvent` with the frame of each event. */
  join(url: string, rid: string, onEvent: (frame: Buffer) => void): Promise<FrameSocket>
}

const gatewayKind = (name: string, file: string, args: string[]): Kind => ({
  name,
  start: async (natsUrl) => {
    const port = await freePort()
    const child = spawn(file, [...args, "--addr", "127.0.0.1", "--port", `${port}`, "--nats", natsUrl], {
      stdio: "ignore",
    })
    await until(
      `${name} to listen`,
      () =>
        fetch(`http://127.0.0.1:${port}/api/`).then(
          () => true,
          () => false,
        ),
      20_000,
    )
    return { child, url: `ws://127.0.0.1:${port}/` }
  },
  join: (url, rid, onEvent) =>
    new Promise((resolve, reject) => {
      let joined = false
      FrameSocket.open(url, (frame, socket) => {
        if (joined) onEvent(frame)
        else if (frame.includes('"id":2')) {
          joined = true
          if (frame.includes('"error"')) reject(new Error(frame.toString()))
          else resolve(socket)
        }
      }).then((socket) => {
        socket.send(JSON.stringify({ id: 1, method: "version", params: { protocol: "1.2.3" } }))
        socket.send(JSON.stringify({ id: 2, method: `subscribe.${rid}` }))
      }, reject)
    }),
})

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const kinds: Kind[] = [
  gatewayKind("embedded gateway", process.execPath, [path("../res-service/dist/gateway/main.js")]),
  {
    name: "Socket.IO 4",
    start: async (natsUrl) => {
      const args = [...process.execArgv, path("references/socket-io.ts"), natsUrl]
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
      const [port] = (await once(child.stdout, "data")) as [Buffer]
      return { child, url: `ws://127.0.0.1:${Number(port)}/socket.io/?EIO=4&transport=websocket` }
    },
    join: (url, rid, onEvent) =>
      new Promise((resolve, reject) => {
        FrameSocket.open(url, (frame, socket) => {
          // Engine.IO: 0 opens, 2 pings; Socket.IO: 40 connects, 42 is an event.
          if (frame[0] === 0x30) socket.send("40")
          else if (frame[0] === 0x32) socket.send("3")
          else if (frame.includes("40{")) socket.send(`42["join","${rid}"]`)
          else if (frame.includes('"joined"')) resolve(socket)
          else onEvent(frame)
        }).catch(reject)
      }),
  },
]
if (process.env.RESGATE_BIN) kinds.push(gatewayKind("Resgate 1.8.0", process.env.RESGATE_BIN, []))

async function measure(
  kind: Kind,
  url: string,
  child: ChildProcess,
  { collections, subscribers }: Shape,
): Promise<object> {
  const load = new Load(nats, collections, subscribers)
  const sockets: FrameSocket[] = []
  const all = Array.from({ length: collections * subscribers }, (_, i) => i)
  while (all.length > 0) {
    const opened = all.splice(0, 50).map((i) => {
      return kind.join(url, `bench.${i % collections}`, (frame) => load.read(frame))
    })
    sockets.push(...(await Promise.all(opened)))
  }
  for (const [i, socket] of sockets.entries()) if (i % SAMPLE !== 0) socket.count((frames) => load.count(frames))
  const idleMiB = memoryMiB(child.pid ?? 0).now
  await load.flood(1)
  const cpuBefore = cpuSeconds(child.pid ?? 0)
  const perSecond = await load.flood(seconds)
  const cpu = cpuSeconds(child.pid ?? 0) - cpuBefore
  const delays = await load.calm(seconds)
  const busyMiB = memoryMiB(child.pid ?? 0).now
  for (const socket of sockets) socket.close()
  const { p50, p99 } = summarize(delays)
  return {
    deliveriesPerSecond: Math.round(perSecond),
    deliveriesPerCpuSecond: Math.round((perSecond * seconds) / cpu),
    calmP50Ms: p50,
    calmP99Ms: p99,
    connections: sockets.length,
    idleMiB,
    busyMiB,
  }
}

/** Sends events over NATS, and counts what arrives. */
class Load {
  readonly #nats: NatsConnection
  readonly #collections: number
  readonly #subscribers: number
  #sent = 0
  #received = 0
  #delays: number[] = []
  #onReceived: () => void = () => {}

  constructor(connection: NatsConnection, collections: number, subscribers: number) {
    this.#nats = connection
    this.#collections = collections
    this.#subscribers = subscribers
  }

  count(frames: number): void {
    this.#received += frames
    this.#onReceived()
  }

  read(frame: Buffer): void {
    const at = /"sent_at":([\d.]+)/.exec(frame.toString("latin1"))
    if (at) this.#delays.push(performance.now() - Number(at[1]))
    this.count(1)
  }

  /** Sends as fast as deliveries come in; resolves to deliveries per second. */
  async flood(forSeconds: number): Promise<number> {
    const wanted = Math.max(MIN_UNDER_WAY, UNDER_WAY_PER_CONNECTION * this.#collections * this.#subscribers)
    const underWay = Math.min(wanted, MAX_EVENTS_UNDER_WAY * this.#subscribers)
    const [start, before] = [performance.now(), this.#received]
    const end = start + forSeconds * 1000
    await new Promise<void>((resolve) => {
      const refill = (): void => {
        if (performance.now() > end) {
          resolve()
          return
        }
        while (this.#sent * this.#subscribers - this.#received < underWay) this.#send()
      }
      this.#onReceived = refill
      refill()
    })
    const perSecond = (this.#received - before) / ((performance.now() - start) / 1000)
    this.#onReceived = () => {}
    await this.#allReceived()
    return perSecond
  }

  /** Sends at a steady pace; resolves to the delays of sampled deliveries, in ms. */
  async calm(forSeconds: number): Promise<number[]> {
    this.#delays = []
    const intervalMs = (1000 * this.#subscribers) / CALM_DELIVERIES_PER_S
    const start = performance.now()
    for (let n = 0; n * intervalMs < forSeconds * 1000; n++) {
      const wait = start + n * intervalMs - performance.now()
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
      this.#send()
    }
    await this.#allReceived()
    return this.#delays
  }

  #send(): void {
    this.#nats.publish(
      `event.bench.${this.#sent % this.#collections}.add`,
      `${EVENT_START},"seq":${this.#sent},"sent_at":${performance.now()}}}}`,
    )
    this.#sent++
  }

  async #allReceived(): Promise<void> {
    await until("all deliveries", () => this.#received >= this.#sent * this.#subscribers, 60_000)
  }
}

const seconds = Number(process.argv[2] ?? 5)
const natsServer = await startNats()
const nats = await connect({ servers: natsServer.url })
const service = new Service(natsConn(nats))
service.add(
  collection("bench.$id", {
    mode: { access: "free", get: "shared" },
    access: () => ({ get: true }),
    get: () => [dataValue(publishEvent())],
  }),
)
await service.start()

for (const shape of SHAPES) {
  for (const kind of kinds) {
    const { child, url } = await kind.start(natsServer.url)
    report(`${shape.collections} x ${shape.subscribers}, ${kind.name}`, await measure(kind, url, child, shape))
    child.kill("SIGKILL")
    await once(child, "exit")
  }
}
await service.stop()
await nats.close()
await natsServer.stop()
