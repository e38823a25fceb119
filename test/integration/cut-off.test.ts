import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { startGateway, type TestGateway } from "../helpers/gateway.ts"
import { startProduct } from "../helpers/product.ts"
import { type Client, resClient } from "../helpers/res-client.ts"
import { skip } from "../helpers/skip.ts"
import { Storefront } from "../helpers/storefront.ts"
import { startTcpProxy } from "../helpers/tcp-proxy.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { use, useInEachTest } from "../helpers/use.ts"

/** How often edge and gateway look at their sockets here, in ms, instead of once a second: some seconds until they close one. */
const HEARTBEAT_MS = 200
/** So many heartbeats without a byte make a client absent. */
const QUIET = 9

describe("a client that is cut off, while TCP holds its connection open", () => {
  const product = use(() => startProduct({ heartbeatMs: HEARTBEAT_MS, sessions: { leaseMs: 500, absenceMs: 60_000 } }))
  const edgeLink = useInEachTest(() =>
    startTcpProxy({ host: "127.0.0.1", port: Number(new URL(product.edgeUrl).port) }),
  )

  /** The names of the members that are there, as stored. */
  const present = async (id: string): Promise<string> => {
    const entry = await product.nats.request(
      "$JS.API.DIRECT.GET.KV_sessions",
      JSON.stringify({ last_by_subj: `$KV.sessions.*.${id}.state` }),
      { timeout: PATIENCE_MS },
    )
    const { members } = entry.json<{ members: { name: string; cid?: string }[] }>()
    return members.flatMap(({ name, cid }) => (cid === undefined ? [] : name)).join(" ")
  }

  it("is away within seconds at the edge, and back with its first byte; the edge's other pages stay", async () => {
    const id = `cut-${randomUUID().slice(0, 8)}`
    const host = await Storefront.open(product.edgeUrl, id)
    await host.start("Host")
    const guest = await Storefront.open(`http://127.0.0.1:${edgeLink.port}`, id)
    await guest.join("Guest")
    await host.shows("Host* Guest")
    edgeLink.stall()
    await until("the guest to be away", async () => (await present(id)) === "Host")
    edgeLink.heal()
    await until("the guest to be back", async () => (await present(id)) === "Host Guest")
    // It is the same customer on the same socket.
    guest.send("updateCart", { customerId: guest.customerId, cartContent: { still: "here" } })
    await until("the guest's cart", () => JSON.stringify(host.sees?.[1]?.content) === '{"still":"here"}')
    expect(guest.events()).to.not.include("error")
    await Promise.all([host.close(), guest.close()])
  })

  it("is closed by the edge if nothing comes from it for longer", async () => {
    const id = `dead-${randomUUID().slice(0, 8)}`
    const guest = await Storefront.open(`http://127.0.0.1:${edgeLink.port}`, id)
    await guest.start("Host")
    await until("the connection to be open", () => edgeLink.open === 1)
    let stalledMs = 25 * HEARTBEAT_MS
    await until("the connection to be closed", async () => {
      edgeLink.stall()
      await sleep(stalledMs)
      // The edge's end of the connection comes through only now. On a busy machine its heartbeats take longer: then once more.
      edgeLink.heal()
      stalledMs *= 2
      await sleep(HEARTBEAT_MS)
      return edgeLink.open === 0
    })
  })

  describe("through a gateway", () => {
    let gateway: TestGateway | undefined
    const clients: Client[] = []

    before(async function () {
      if (process.env.RESGATE_BIN) skip(this, "a gateway that pings its clients")
      gateway = await startGateway(product.natsServer.url, {}, { heartbeatMs: HEARTBEAT_MS })
    })

    after(async () => {
      for (const client of clients) client.disconnect()
      await gateway?.stop()
    })

    it("is away within seconds, and back when the connection lives again, even if it never calls; silent ones stay", async () => {
      const { wsUrl = "" } = gateway ?? {}
      const link = await startTcpProxy({ host: "127.0.0.1", port: Number(new URL(wsUrl).port) })
      const id = `cut-${randomUUID().slice(0, 8)}`
      const enter = async (url: string, method: "start" | "join", customerName: string): Promise<void> => {
        const client = resClient(url)
        clients.push(client)
        await client.call(`session.${id}.multicart`, method, { customerName })
      }
      const seen = await Storefront.open(product.edgeUrl, id)
      await seen.start("Host")
      await enter(wsUrl, "join", "Silent")
      await enter(`ws://127.0.0.1:${link.port}`, "join", "Guest")
      await seen.shows("Host* Silent Guest")
      await sleep(2 * QUIET * HEARTBEAT_MS)
      await seen.shows("Host* Silent Guest")
      link.stall()
      await seen.shows("Host* Silent")
      link.heal()
      await seen.shows("Host* Silent Guest")
      await seen.close()
      await link.stop()
    })
  })
})
