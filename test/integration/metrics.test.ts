import { randomUUID } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { WebSocket } from "ws"
import { projectDir } from "../../config/project-dir.ts"
import { STREAM } from "../../service/log/stream.ts"
import { SHARDS } from "../../service/shards.ts"
import { metricTables } from "../../tools/docs/metrics-page.ts"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { freePort } from "../helpers/ports.ts"
import { TestProducer } from "../helpers/producers.ts"
import { resRequest } from "../helpers/res.ts"
import { resClient } from "../helpers/res-client.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"
import { useMongo } from "../helpers/use-archive.ts"

const processes = ["edge", "service", "archiver", "gateway"] as const
type ProcessName = (typeof processes)[number]

/** A trace of a client's own. */
const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

/** What one scrape has, by name and labels as they are written. */
type Figures = ReadonlyMap<string, number>

describe("the metrics of npm start", () => {
  const { mongo, db } = useMongo()
  const kit = use(async () => {
    const made = await LauncherKit.create()
    return Object.assign(made, { stop: () => made.end() })
  })
  const shopId = randomUUID()
  let ports: Record<ProcessName, number>
  let nats: NatsConnection

  before(async () => {
    const first = await freePort(undefined, processes.length)
    ports = { edge: first, service: first + 1, archiver: first + 2, gateway: first + 3 }
    const run = await kit.ready(
      kit.start({
        METRICS_PORT: String(first),
        MONGO_URL: mongo.url,
        LEGACY_MAX_SOCKETS_PER_ADDRESS: "2",
        ACCESS_LOG: "true",
        SESSION_STARTS_PER_CONNECTION: "1",
      }),
    )
    expect(run.stdout()).to.include(`metrics  http://127.0.0.1:${first}/metrics`)
    nats = await connect({ servers: kit.natsUrl })
  })

  after(() => nats?.close())

  async function text(process: ProcessName): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${ports[process]}/metrics`)).text()
  }

  async function read(process: ProcessName): Promise<Figures> {
    const lines = (await text(process)).split("\n").filter((line) => line !== "" && !line.startsWith("#"))
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]))
  }

  /** Waits until some figures of a process have grown by these numbers since `before`. */
  async function grows(process: ProcessName, before: Figures, by: Readonly<Record<string, number>>): Promise<void> {
    let seen: Record<string, number> = {}
    await until(`${process} to count ${Object.keys(by).join(", ")}`, async () => {
      const now = await read(process)
      seen = Object.fromEntries(Object.keys(by).map((name) => [name, (now.get(name) ?? 0) - (before.get(name) ?? 0)]))
      return Object.entries(by).every(([name, growth]) => (seen[name] ?? 0) >= growth)
    })
    expect(seen).to.deep.equal(by)
  }

  it("are at a port of each process, with the names of docs/metrics.md and nothing at other paths", async () => {
    for (const [process, tables] of [
      ["edge", [metricTables["every process"], metricTables.edge]],
      ["service", [metricTables["every process"], metricTables.service]],
      ["archiver", [metricTables["every process"], metricTables.archiver]],
    ] as const) {
      const shown = [...(await text(process)).matchAll(/^# TYPE (shopwire_\S+)/gm)].map(([, name]) => name)
      expect(shown, process).to.have.members(tables.flatMap((table) => Object.keys(table)))
      expect([...(await read(process)).keys()]).to.include.members([
        "nodejs_eventloop_lag_p99_seconds",
        "process_resident_memory_bytes",
        "shopwire_nats_connected",
      ])
      expect((await fetch(`http://127.0.0.1:${ports[process]}/`)).status).to.equal(404)
    }
    const gateway = await text("gateway")
    const documented = await readFile(join(projectDir, "docs/metrics.md"), "utf8")
    for (const [, name = ""] of gateway.matchAll(/^# TYPE (\S+)/gm)) expect(documented).to.include(`\`${name}`)
    expect(gateway).to.include("resgate_nats_connected 1")
    expect(gateway).to.match(/^nodejs_eventloop_lag_p99_seconds \d/m)
    expect((await fetch(`${kit.edgeUrl}/metrics`)).status).to.equal(404)
  })

  it("count a publish on its whole way: stored, shown, delivered, archived", async () => {
    const client = resClient(kit.gatewayUrl.replace("http", "ws"))
    const feed = await client.get<{ on(event: string, handler: () => void): void }>(`store.${shopId}.feed`)
    feed.on("add", () => {})
    const stream = await EventStream.open(`${kit.edgeUrl}/stream/${shopId}`)
    await until("the stream to be live", async () => (await read("edge")).get("shopwire_stream_readers") === 1)
    const before = { edge: await read("edge"), service: await read("service"), archiver: await read("archiver") }
    const ids = { "x-request-id": `metrics-${randomUUID()}`, traceparent: TRACE }
    const stored = await post(`${kit.edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId }), ids)
    expect(stored.status).to.equal(200)
    await grows("service", before.service, {
      'shopwire_publishes_total{outcome="stored"}': 1,
      shopwire_publish_seconds_count: 1,
      shopwire_event_shown_seconds_count: 1,
      shopwire_log_lag_seconds_count: 1,
      'shopwire_res_requests_total{resource="store.$shop_id.feed",type="call",method="publish",code="ok"}': 1,
    })
    await grows("edge", before.edge, {
      'shopwire_http_requests_total{route="/publish/:shop_id",method="POST",status="200"}': 1,
      'shopwire_http_request_seconds_count{route="/publish/:shop_id"}': 1,
      shopwire_event_delivered_seconds_count: 1,
    })
    await grows("archiver", before.archiver, { shopwire_archived_total: 1, shopwire_archive_lag_seconds_count: 1 })
    // The request can be followed through all of these processes.
    const seq = Number(stored.headers.get("x-event-seq"))
    const logged = await (await jetstreamManager(nats)).streams.getMessage(STREAM, { seq })
    expect(logged?.header.get("X-Request-Id")).to.equal(ids["x-request-id"])
    expect(logged?.header.get("traceparent")).to.equal(TRACE)
    expect(await db.collection("events").findOne({ request_id: ids["x-request-id"] })).to.include({ seq })
    await until("the request in the logs", () => kit.current.stdout().includes(ids["x-request-id"]))
    const loaded = await read("service")
    expect(loaded.get('shopwire_loaded{kind="feed"}')).to.equal(1)
    expect(loaded.get('shopwire_loaded_bytes{kind="feed"}')).to.be.within(200, 2000)
    expect(loaded.get("shopwire_shards")).to.equal(SHARDS)
    stream.close()
    client.disconnect()
    await until("the stream to be left", async () => (await read("edge")).get("shopwire_stream_readers") === 0)
  })

  it("count refusals, repetitions and what is set aside", async () => {
    const before = { edge: await read("edge"), service: await read("service"), archiver: await read("archiver") }
    const url = `${kit.edgeUrl}/publish/${shopId}`
    const event = publishEvent({ shop_id: shopId })
    expect((await post(url, { ...event, action: 5 })).status).to.equal(422)
    const key = { "idempotency-key": randomUUID() }
    for (let i = 0; i < 2; i++) expect((await post(url, event, key)).status).to.equal(200)
    const producer = new TestProducer(kit.edgeUrl, shopId)
    for (let i = 0; i < 2; i++) expect((await producer.send(1, event)).status).to.equal(200)
    nats.publish(`updates.store.${shopId}`, "no event")
    await grows("service", before.service, {
      'shopwire_publishes_total{outcome="refused"}': 1,
      'shopwire_publishes_total{outcome="stored"}': 4,
      'shopwire_publishes_repeated_total{by="idempotency_key"}': 1,
      'shopwire_publishes_repeated_total{by="producer"}': 1,
      shopwire_set_aside_total: 1,
    })
    await grows("edge", before.edge, {
      'shopwire_http_requests_total{route="/publish/:shop_id",method="POST",status="422"}': 1,
    })
    await grows("archiver", before.archiver, { shopwire_set_aside_total: 1, shopwire_archived_total: 2 })
  })

  it("count old storefronts, and whom a limit refuses", async () => {
    const before = { edge: await read("edge"), service: await read("service") }
    const host = await Storefront.open(kit.edgeUrl, "metrics")
    await host.start("Ann")
    const other = await Storefront.open(kit.edgeUrl, "metrics-2")
    const third = new WebSocket(`${kit.edgeUrl.replace("http", "ws")}/metrics-3`)
    const status = await new Promise((resolve) =>
      third.once("unexpected-response", (_, { statusCode }) => resolve(statusCode)),
    )
    expect(status).to.equal(429)
    expect(await host.refusal("startSession", { customerName: "Ann" })).to.equal("system.tooManyRequests")
    other.webSocket.send("no JSON")
    await other.next("error")
    await grows("edge", before.edge, {
      shopwire_legacy_sockets: 2,
      'shopwire_legacy_messages_total{event="startSession"}': 2,
      'shopwire_legacy_messages_total{event="invalid"}': 1,
      'shopwire_refused_total{limit="sockets"}': 1,
    })
    await grows("service", before.service, {
      'shopwire_refused_total{limit="connection"}': 1,
      'shopwire_loaded{kind="session"}': 1,
    })
    await host.close()
    await other.close()
  })

  it("count reports of clients whose copy differs, and the resets that follow", async () => {
    await resRequest(nats, `get.store.${shopId}.digest`)
    const before = await read("service")
    await resRequest(nats, `call.store.${shopId}.digest.report`, { params: { what: "feed", seq: 1 }, cid: "test" })
    await until("a reset", async () => {
      const now = await read("service")
      const resets = "shopwire_resets_total"
      return (
        now.get('shopwire_digest_reports_total{what="feed"}') === 1 &&
        (now.get(resets) ?? 0) > (before.get(resets) ?? 0)
      )
    })
  })

  it("have no label that a client has made up", async () => {
    const made = randomUUID().replaceAll("-", "")
    await fetch(`${kit.edgeUrl}/${made}`)
    await fetch(`${kit.edgeUrl}/stream/${made}`, { method: "DELETE" })
    await resRequest(nats, `call.store.${shopId}.feed.${made}`, { params: {} })
    await resRequest(nats, `get.store.${made}`)
    const before = await text("service")
    expect(before).to.include('resource="store.$shop_id.feed",type="call",method="other",code="system.methodNotFound"')
    expect(before).to.include('resource="other",type="get",method="",code="system.notFound"')
    expect(await text("edge")).to.include('route="other",method="GET",status="404"')
    for (const process of processes) {
      const shown = await text(process)
      for (const secret of [made, shopId, "metrics-2"]) expect(shown).not.to.include(secret)
    }
  })

  it("tell when NATS was away", async () => {
    const before = await read("edge")
    await kit.kill("nats")
    for (const process of ["edge", "archiver"] as const) {
      await until(`${process} to be connected again`, async () => {
        const now = await read(process)
        return now.get("shopwire_nats_connected") === 1 && (now.get("shopwire_nats_connects_total") ?? 0) > 1
      })
    }
    expect((await read("edge")).get("shopwire_nats_disconnects_total")).to.be.above(
      before.get("shopwire_nats_disconnects_total") ?? 0,
    )
  })
})
