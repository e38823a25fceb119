import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { WebSocket } from "ws"
import { findCaddy, NO_CADDY } from "../../tools/install/caddy.ts"
import type { ClusterRole } from "../../tools/launch/cluster.ts"
import { startProductCluster } from "../helpers/cluster.ts"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent } from "../helpers/events.ts"
import { get, post } from "../helpers/http.ts"
import { freePort } from "../helpers/ports.ts"
import { skip } from "../helpers/skip.ts"
import { Storefront } from "../helpers/storefront.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { closeAfterEach, use } from "../helpers/use.ts"

/** Of each publisher, in ms: there are three, so that one publishes at almost any time. */
const PUBLISH_PAUSE_MS = 30

/** Publishes one event after the other until it is stopped. */
class Publisher {
  /** Sequences of acknowledged events, and other answers. */
  readonly seqs: number[] = []
  readonly failures: string[] = []
  readonly #running: Promise<void>
  #stopped = false

  constructor(url: string, shopId: string) {
    this.#running = this.#run(`${url}/publish/${shopId}`, shopId)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(url: string, shopId: string): Promise<void> {
    while (!this.#stopped) {
      const answer = await post(url, publishEvent({ shop_id: shopId })).catch((error: Error) => error)
      if (answer instanceof Error) this.failures.push(String(answer.cause ?? answer))
      else if (answer.status !== 200) this.failures.push(`${answer.status} ${JSON.stringify(answer.body)}`)
      else this.seqs.push(Number(answer.headers.get("x-event-seq")))
      await sleep(PUBLISH_PAUSE_MS)
    }
  }
}

/** Reads a shop's events as an EventSource does: it comes again with its last id. */
class Reader {
  readonly seqs: number[] = []
  #stream: EventStream | undefined
  #stopped = false

  constructor(url: string, shopId: string) {
    void this.#run(`${url}/stream/${shopId}`)
  }

  stop(): void {
    this.#stopped = true
    this.#stream?.close()
  }

  async #run(url: string): Promise<void> {
    let lastEventId = "0"
    while (!this.#stopped) {
      const stream = await EventStream.open(url, lastEventId).catch(() => undefined)
      this.#stream = stream
      let taken = 0
      while (stream !== undefined && !this.#stopped) {
        this.seqs.push(...stream.seqs.slice(taken))
        taken = stream.seqs.length
        if (stream.ended) break
        await sleep(20)
      }
      lastEventId = stream?.lastEventId || lastEventId
      await sleep(200)
    }
  }
}

describe("the product's processes when they are stopped and restarted", function () {
  this.timeout(4 * PATIENCE_MS)
  const hasProxy = findCaddy() !== undefined
  const started = use(async () => {
    const size = { nats: 1, service: 2, edge: 2, gateway: 1, proxy: hasProxy ? 1 : 0 }
    const metricsPorts = [await freePort(), await freePort()]
    const product = await startProductCluster({
      size,
      env: { LOG_LEVEL: "info" },
      adapt: (program, { role, number }) => {
        if (role !== "edge") return program
        return { ...program, env: { ...program.env, METRICS_PORT: String(metricsPorts[number - 1]) } }
      },
    })
    return Object.assign(product, { metricsPorts })
  })
  const opened: (Socket | WebSocket)[] = []
  const working = closeAfterEach((each: { stop(): unknown }) => each.stop())
  const urlOf = (role: ClusterRole): string => started.cluster.process(role, 1).url ?? ""
  /** Of an edge, since its last start. */
  const metricsOf = async (number: number): Promise<string> =>
    await (await fetch(`http://127.0.0.1:${started.metricsPorts[number - 1]}/metrics`)).text()

  afterEach(() => {
    for (const each of opened.splice(0)) each instanceof WebSocket ? each.terminate() : each.destroy()
  })

  it("fail no publish under load, one after the other, and leave no gap to readers of the stream", async function () {
    if (!hasProxy) skip(this, NO_CADDY)
    const { cluster, lines } = started
    const shopId = randomUUID()
    const publishers = Array.from({ length: 3 }, () => working(new Publisher(cluster.url, shopId)))
    const reader = working(new Reader(cluster.url, shopId))
    const joined = (number: number): number => lines(`service-${number}`, "serves more shards").length
    await until("both services to serve", () => joined(1) > 0 && joined(2) > 0)
    await until("some to be shown", () => reader.seqs.length > 10)
    for (const number of [1, 2]) {
      const before = joined(number)
      await cluster.process("service", number).restart()
      await until(`service ${number} to serve again`, () => joined(number) > before)
    }
    for (const number of [1, 2]) {
      const edge = cluster.process("edge", number)
      await edge.restart()
      await until(
        `edge ${number} to be ready`,
        async () => (await get(`${edge.url}/readyz`).catch(() => undefined))?.status === 200,
      )
      await until(`edge ${number} to get requests from Caddy again`, async () =>
        /shopwire_http_requests_total\{route="\/publish\/.*\} [1-9]/.test(await metricsOf(number)),
      )
    }
    for (const publisher of publishers) await publisher.stop()
    expect(publishers.flatMap(({ failures }) => failures).join("\n")).to.equal("")
    const acknowledged = publishers.flatMap(({ seqs }) => seqs).sort((a, b) => a - b)
    await until("the reader to have all", () => reader.seqs.length >= acknowledged.length)
    expect(reader.seqs).to.deep.equal(acknowledged)
  })

  /** A connection whose client sends this, and then neither sends nor reads any more. */
  const stuck = async (url: string, text: string): Promise<void> => {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.on("error", () => {})
    opened.push(socket)
    await once(socket, "connect")
    socket.write(text)
    await sleep(200)
    socket.pause()
  }

  /** A WebSocket whose client does not answer when it is closed. */
  const stuckWebSocket = async (url: string): Promise<void> => {
    const webSocket = new WebSocket(url.replace("http", "ws"))
    opened.push(webSocket)
    await once(webSocket, "open")
    webSocket.pause()
  }

  const HALF = "Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"

  /** Stops a process, which the launcher would kill after 8 s, and starts it again. */
  const stop = async (role: "service" | "edge" | "gateway"): Promise<void> => {
    await started.cluster.process(role, 1).stop()
    started.cluster.process(role, 1).start()
    expect(started.output()).not.to.include("did not stop within")
  }

  it("end within 10 s whatever clients do: an edge", async () => {
    const edge = urlOf("edge")
    const shopId = randomUUID()
    await stuck(edge, `POST /publish/${shopId} HTTP/1.1\r\nHost: a\r\n${HALF}`)
    await stuck(edge, `GET /stream/${shopId} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await stuck(edge, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    await stuckWebSocket(`${edge}/s1`)
    const stream = await EventStream.open(`${edge}/stream/${shopId}`)
    const page = await Storefront.open(edge, "s2")
    const closed = once(page.webSocket, "close")
    await stop("edge")
    expect((await closed)[0]).to.equal(1001)
    await until("the end of the stream", () => stream.ended)
    expect(stream.retryMs).to.be.within(1000, 3000)
    await until(
      "the edge to be ready",
      async () => (await get(`${edge}/readyz`).catch(() => undefined))?.status === 200,
    )
  })

  it("end within 10 s whatever clients do: the gateway", async () => {
    const gateway = urlOf("gateway")
    await stuck(gateway, `POST /api/store/${randomUUID()}/feed/publish HTTP/1.1\r\nHost: a\r\n${HALF}`)
    await stuckWebSocket(gateway)
    await stop("gateway")
  })

  it("lose no acknowledged event and leave no request without an answer: the only service", async () => {
    await started.cluster.process("service", 2).stop()
    const shopId = randomUUID()
    const publishers = Array.from({ length: 3 }, () => working(new Publisher(urlOf("edge"), shopId)))
    await until("some to be stored", () => publishers.every(({ seqs }) => seqs.length > 3))
    await stop("service")
    const before = publishers.map(({ seqs }) => seqs.length)
    await until("publishes to succeed again", () =>
      publishers.every(({ seqs }, i) => seqs.length > (before[i] ?? 0) + 3),
    )
    for (const publisher of publishers) await publisher.stop()
    // A request that the service had taken was answered, so all that failed was not tried.
    for (const failure of publishers.flatMap(({ failures }) => failures))
      expect(failure).to.include("nothing was tried")
    const reader = working(new Reader(urlOf("edge"), shopId))
    const acknowledged = publishers.flatMap(({ seqs }) => seqs).sort((a, b) => a - b)
    await until("the reader to have all", () => reader.seqs.length >= acknowledged.length)
    expect(reader.seqs).to.deep.equal(acknowledged)
  })
})
