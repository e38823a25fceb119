import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect } from "nats"
import { findCaddy, NO_CADDY } from "../../tools/install/caddy.ts"
import { stillRuns } from "../../tools/programs/process-identity.ts"
import { startProductCluster } from "../helpers/cluster.ts"
import { publishEvent } from "../helpers/events.ts"
import { get, post } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { type ClientCollection, resClient } from "../helpers/res-client.ts"
import { skip } from "../helpers/skip.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

describe("a cluster on one machine", function () {
  this.timeout(4 * PATIENCE_MS)
  const started = use(async (context) => {
    if (findCaddy() === undefined) skip(context, NO_CADDY)
    return await startProductCluster()
  })
  const shop = publishEvent().shop_id
  const rid = `store.${shop}.feed`

  /** Publishes through the one address until it is acknowledged; resolves to the event's sequence. */
  const publish = async (): Promise<number> => {
    const headers = { "Idempotency-Key": crypto.randomUUID() }
    const event = publishEvent({ shop_id: shop })
    const answer = await until("an acknowledgement", async () => {
      const tried = await post(`${started.cluster.url}/publish/${shop}`, event, headers).catch(() => undefined)
      return tried?.status === 200 ? tried : undefined
    })
    return Number(answer.headers.get("x-event-seq"))
  }

  it("stores each stream and bucket on all three nats-servers", async () => {
    const nats = await connect({ servers: started.cluster.natsUrls("service") })
    const jsm = await jetstreamManager(nats)
    // A server that is busy may be missing in a list.
    const streams = await until("the list of streams", async () => {
      const listed = (await jsm.streams.list().next()).map(({ config }) => config)
      return ["UPDATES", "KV_sessions"].every((each) => listed.some(({ name }) => name === each)) && listed
    })
    for (const { name, num_replicas } of streams) expect(num_replicas, name).to.equal(3)
    await nats.close()
  })

  it("shows what is published through the one address at both gateways, whichever process is killed", async () => {
    const clients = [1, 2].map((number) =>
      resClient(started.cluster.process("gateway", number).url?.replace("http", "ws") ?? ""),
    )
    const feeds = await Promise.all(clients.map((client) => client.get<ClientCollection<{ seq: number }>>(rid)))
    for (const feed of feeds) feed.on("add", () => {})
    const seqs = [await publish()]
    const shown = (): number[][] => feeds.map((feed) => [...feed].map(({ seq }) => seq).sort((a, b) => a - b))

    for (const { role, number } of started.cluster.processes) {
      const victim = started.cluster.process(role, number)
      await victim.kill()
      // The only proxy has no other to take its place, and the watchers of a gateway come back with it.
      if (role === "proxy" || role === "gateway") victim.start()
      seqs.push(await publish())
      victim.start()
      await until(`both gateways to show it after ${role} ${number} was killed`, () =>
        shown().every((each) => each.join() === seqs.join()),
      )
    }
    // The process that was killed last may not be back yet.
    const fresh = await until("a fresh get", async () => {
      const tried = await get(`${started.cluster.url}/api/store/${shop}/feed`).catch(() => undefined)
      return tried?.status === 200 && tried
    })
    expect(fresh.body.map(({ seq }: { seq: number }) => seq).reverse()).to.deep.equal(seqs)
    for (const client of clients) client.disconnect()
  })
})

describe("npm start -- --cluster", function () {
  this.timeout(2 * PATIENCE_MS)
  let kit: LauncherKit

  before(async () => {
    kit = await LauncherKit.create()
  })

  after(() => kit.end())

  it("prints the address and each process, and ends all on Ctrl-C", async function () {
    if (findCaddy() === undefined) skip(this, NO_CADDY)
    const run = await kit.ready(kit.start({}, ["--cluster"]))
    for (const { name, pid } of kit.known)
      expect(run.stdout()).to.match(new RegExp(`^  ${name.replace("-", " ")} +pid ${pid} `, "m"))
    expect(kit.known.map(({ name }) => name).toSorted()).to.deep.equal(
      "edge-1 edge-2 gateway-1 gateway-2 nats-1 nats-2 nats-3 proxy-1 service-1 service-2".split(" "),
    )
    await until("the edge to be ready", async () => (await get(`${kit.edgeUrl}/readyz`)).status === 200)
    run.process.kill("SIGINT")
    expect(await run.ended).to.deep.equal([0, null])
    expect(kit.known.filter(stillRuns)).to.deep.equal([])
  })

  it("refuses what it cannot use in one line", async () => {
    for (const [settings, line] of [
      [{ NATS_URL: "nats://127.0.0.1:9" }, /^--cluster runs nats-servers of its own: expected NATS_URL to be unset\n$/],
      [{ NATS_REPLICAS: "2" }, /^NATS_REPLICAS="2": expected 1, 3 or 5\n$/],
      [{ NATS_REPLICAS: "5" }, /^NATS_REPLICAS=5: expected at most 3, since that many nats-servers run\n$/],
    ] as const) {
      const run = kit.start(settings, ["--cluster"])
      expect(await run.ended).to.deep.equal([1, null])
      expect(run.stderr()).to.match(line)
      kit.forget(run)
    }
  })
})
