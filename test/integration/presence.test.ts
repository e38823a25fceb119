import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { noCallLimits } from "../../service/limits/call-limits.ts"
import { type RunningService, startService } from "../../service/running-service.ts"
import { SHARDS } from "../../service/shards.ts"
import { atOnce } from "../helpers/at-once.ts"
import { startGateway, type TestGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { type Product, type ProductOptions, serviceOptions, startProduct } from "../helpers/product.ts"
import { type Client, resClient } from "../helpers/res-client.ts"
import { skip } from "../helpers/skip.ts"
import { type SharedCart, Storefront } from "../helpers/storefront.ts"
import { suspend } from "../helpers/suspend.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

/** The product, a gateway, and one session. */
class SessionKit {
  readonly id = `quiet-${randomUUID().slice(0, 8)}`
  readonly rid = `session.${this.id}.multicart`
  readonly product: Product
  readonly gateway: TestGateway
  readonly #clients: Client[] = []
  readonly #pages: Storefront[] = []

  private constructor(product: Product, gateway: TestGateway) {
    this.product = product
    this.gateway = gateway
  }

  static async start(sessions: NonNullable<ProductOptions["sessions"]>): Promise<SessionKit> {
    const product = await startProduct({ sessions })
    return new SessionKit(product, await startGateway(product.natsServer.url))
  }

  async names(): Promise<string> {
    const { status, body } = await this.read()
    return status === 200 ? (body as SharedCart[]).map(({ owner }) => owner.name).join(" ") : `status ${status}`
  }

  read(): ReturnType<typeof get> {
    return get(`${this.gateway.url}/api/session/${this.id}/multicart`)
  }

  async page(name: string, how: "start" | "join"): Promise<Storefront> {
    const opened = await Storefront.open(this.product.edgeUrl, this.id)
    this.#pages.push(opened)
    await opened[how](name)
    return opened
  }

  async member(customerName: string, how: "start" | "join"): Promise<{ client: Client; customerId: string }> {
    const client = resClient(this.gateway.wsUrl)
    this.#clients.push(client)
    const { customerId } = await client.call<{ customerId: string }>(this.rid, how, { customerName })
    return { client, customerId }
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.disconnect()
    for (const page of this.#pages) await page.close()
    await this.gateway.stop()
    await this.product.stop()
  }
}

describe("members whom the service does not hear of", () => {
  const times = { leaseMs: 2000, hiddenLeaseMs: 60_000 }

  atOnce(() => SessionKit.start({ ...times, absenceMs: 1000 }), {
    "stay while their gateway has their connection: a hidden page's timers run once a minute": async (session) => {
      const hidden = await session.member("Hidden", "start")
      const closed = await session.member("Closed", "join")
      closed.client.disconnect()
      // The other one is out as soon as lease and absence are over.
      await until("the page that was closed to be out", async () => (await session.names()) === "Hidden")
      const { customerId } = hidden
      await hidden.client.call(session.rid, "updateCart", { customerId, cartContent: { still: "here" } })
      expect((await session.read()).body[0].content).to.deep.equal({
        still: "here",
      })
      hidden.client.disconnect()
      await until("the hidden page to be out, when it is closed", async () => (await session.names()) === "")
    },
  })

  // Whoever is absent must call before it is out.
  atOnce(() => SessionKit.start({ ...times, absenceMs: 10_000 }), {
    "come back with the next call, when they were taken for gone": async (session) => {
      // Connections that no gateway has, so that only their calls tell of them.
      const call = async (cid: string, method: string, params: object = {}) => {
        const payload = JSON.stringify({ cid, params })
        const subject = `call.${session.rid}.${method}`
        const answer = await session.product.nats.request(subject, payload, { timeout: PATIENCE_MS })
        return answer.json<{ result: { customerId: string }; error?: { code: string } }>()
      }
      /** Whenever the session's state is stored: the quiet one's connection, and "absent" without one. */
      const stored: string[] = []
      session.product.nats.subscribe(`$KV.sessions.*.${session.id}.state`, {
        callback: (_, msg) => void stored.push(msg.json<{ members: { cid?: string }[] }>().members[1]?.cid ?? "absent"),
      })
      await session.product.nats.flush()
      await session.member("Host", "start")
      const { result } = await call("by-hand", "join", { customerName: "Quiet" })
      const { customerId } = result
      for (const [method, params] of [
        ["keepAlive", {}],
        ["updateCart", { customerId, cartContent: { back: true } }],
      ] as const) {
        await until("the quiet one to be absent", () => stored.at(-1) === "absent")
        const before = stored.length
        expect((await call("by-hand", method, params)).error).to.equal(undefined)
        // It is absent again soon.
        await until("it to be back", () => stored.includes("by-hand", before))
      }
      await until("it to be absent again", () => stored.at(-1) === "absent")
      await call("another", "keepAlive", { cids: ["by-hand"] })
      await until("it to be out, whatever others say", async () => (await session.names()) === "Host")
    },
  })
})

describe("members while nobody can be heard", () => {
  // An edge calls for its sockets every five seconds.
  const times = { leaseMs: 6000, absenceMs: 1500 }
  const outage = (): Promise<void> => sleep(times.leaseMs + times.absenceMs)

  const stayThrough = async (session: SessionKit, cut: () => Promise<void>): Promise<void> => {
    const host = await session.page("Host", "start")
    await session.page("Guest", "join")
    const { client, customerId } = await session.member("Client", "join")
    await cut()
    const all = "Host Guest Client"
    await until("the session to be there again", async () => (await session.names()) === all)
    // Whoever was taken for gone would be out by now.
    await sleep(times.absenceMs + 1500)
    expect(await session.names()).to.equal(all)
    await client.call(session.rid, "updateCart", { customerId, cartContent: { still: "here" } })
    await until("the cart", () => JSON.stringify(host.sees?.[2]?.content) === '{"still":"here"}')
  }

  before(function () {
    if (process.env.RESGATE_BIN) skip(this, "a gateway that lives on without NATS")
  })

  atOnce(() => SessionKit.start(times), {
    "stay while NATS is away, and are heard again after it": (session) =>
      stayThrough(session, async () => {
        await session.product.natsServer.kill()
        await outage()
        await session.product.restartNats()
      }),
    "stay while NATS is frozen, and are heard again after it": (session) =>
      stayThrough(session, async () => {
        const pid = session.product.natsServer.pid ?? 0
        await suspend(pid)
        await outage()
        process.kill(pid, "SIGCONT")
      }),
  })
})

describe("members over a hand-over between two services", () => {
  const times = { leaseMs: 6000, absenceMs: 3000 }

  const startAnother = ({ natsServer }: Product): Promise<RunningService> => {
    const open = (): Promise<NatsConnection> => connect({ servers: natsServer.url, maxReconnectAttempts: -1 })
    const sessions = { ...serviceOptions.sessions, ...times }
    return startService(open, { ...serviceOptions, sessions, limits: noCallLimits })
  }

  /** The product's own service shares with the other one, and then leaves it all shards. */
  const handOver = async (product: Product, other: RunningService): Promise<void> => {
    await until("both to share the shards", () => {
      const [own, others] = [product.service.shards.length, other.shards.length]
      return own + others === SHARDS && Math.abs(own - others) <= 1
    })
    await product.stopService()
    await until("the other one to have all shards", () => other.shards.length === SHARDS)
  }

  atOnce(() => SessionKit.start(times), {
    "stay there, and those who have gone are gone once, after their time": async (session) => {
      let removed = 0
      session.product.nats.subscribe(`event.${session.rid}.remove`, { callback: () => void removed++ })
      const host = await session.page("Host", "start")
      await session.page("Guest", "join")
      const { client, customerId } = await session.member("Client", "join")
      const leaver = await session.page("Leaver", "join")
      await until("all to be there", async () => (await session.names()) === "Host Guest Client Leaver")
      const left = performance.now()
      await leaver.close()
      const other = await startAnother(session.product)
      try {
        await handOver(session.product, other)
        const staying = "Host Guest Client"
        await until("the one to be gone", async () => (await session.names()) === staying)
        expect(performance.now() - left).to.be.at.least(times.absenceMs)
        // Whoever was taken for gone would be out by now.
        await sleep(times.leaseMs + times.absenceMs + 1500)
        expect(await session.names()).to.equal(staying)
        expect(removed).to.equal(1)
        await client.call(session.rid, "updateCart", { customerId, cartContent: { still: "here" } })
        await until("the cart", () => JSON.stringify(host.sees?.[2]?.content) === '{"still":"here"}')
      } finally {
        await other.stop()
      }
    },
  })
})
