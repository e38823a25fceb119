import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { type ProductOptions, useProduct } from "../helpers/product.ts"
import { type Client, useClients } from "../helpers/res-client.ts"
import { skip } from "../helpers/skip.ts"
import { type SharedCart, type Storefront, useStorefronts } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

/** The product and a gateway for one suite, and one session for each test. */
function useSession(sessions: NonNullable<ProductOptions["sessions"]>) {
  const product = useProduct({ sessions })
  const gateway = useGateway(product)
  const newClient = useClients(gateway)
  const openPage = useStorefronts(product)
  const suite = {
    product,
    gateway,
    id: "",
    get rid(): string {
      return `session.${suite.id}.multicart`
    },
    names: async (): Promise<string> => {
      const { status, body } = await get(`${gateway.url}/api/session/${suite.id}/multicart`)
      return status === 200 ? (body as SharedCart[]).map(({ owner }) => owner.name).join(" ") : `status ${status}`
    },
    page: async (name: string, how: "start" | "join"): Promise<Storefront> => {
      const opened = await openPage(suite.id)
      await opened[how](name)
      return opened
    },
    member: async (customerName: string, how: "start" | "join"): Promise<{ client: Client; customerId: string }> => {
      const client = newClient()
      const { customerId } = await client.call<{ customerId: string }>(suite.rid, how, { customerName })
      return { client, customerId }
    },
  }
  beforeEach(() => {
    suite.id = `quiet-${randomUUID().slice(0, 8)}`
  })
  return suite
}

describe("members whom the service does not hear of", () => {
  const times = { leaseMs: 2000, hiddenLeaseMs: 60_000, absenceMs: 1000 }
  const session = useSession(times)

  it("stay while their gateway has their connection: a hidden page's timers run once a minute", async () => {
    const hidden = await session.member("Hidden", "start")
    const closed = await session.member("Closed", "join")
    closed.client.disconnect()
    // The other one is out as soon as lease and absence are over.
    await until("the page that was closed to be out", async () => (await session.names()) === "Hidden")
    const { customerId } = hidden
    await hidden.client.call(session.rid, "updateCart", { customerId, cartContent: { still: "here" } })
    expect((await get(`${session.gateway.url}/api/session/${session.id}/multicart`)).body[0].content).to.deep.equal({
      still: "here",
    })
    hidden.client.disconnect()
    await until("the hidden page to be out, when it is closed", async () => (await session.names()) === "")
  })

  it("come back with the next call, when they were taken for gone", async () => {
    // Connections that no gateway has, so that only their calls tell of them.
    const call = async (cid: string, method: string, params: object = {}) => {
      const payload = JSON.stringify({ cid, params })
      const answer = await session.product.nats.request(`call.${session.rid}.${method}`, payload, { timeout: 5000 })
      return answer.json<{ result: { customerId: string }; error?: { code: string } }>()
    }
    await session.member("Host", "start")
    const { result } = await call("by-hand", "join", { customerName: "Quiet" })
    const { customerId } = result
    const cids = async (): Promise<(string | undefined)[]> => {
      const entry = await session.product.nats.request(
        "$JS.API.DIRECT.GET.KV_sessions",
        JSON.stringify({ last_by_subj: `$KV.sessions.*.${session.id}.state` }),
      )
      return entry.json<{ members: { cid?: string }[] }>().members.map(({ cid }) => cid)
    }
    for (const [method, params] of [
      ["keepAlive", {}],
      ["updateCart", { customerId, cartContent: { back: true } }],
    ] as const) {
      await until("the quiet one to be absent", async () => (await cids())[1] === undefined)
      expect((await call("by-hand", method, params)).error).to.equal(undefined)
      await until("it to be back", async () => (await cids())[1] === "by-hand")
    }
    await until("it to be absent again", async () => (await cids())[1] === undefined)
    await call("another", "keepAlive", { cids: ["by-hand"] })
    await until("it to be out, whatever others say", async () => (await session.names()) === "Host")
  })
})

describe("members while nobody can be heard", () => {
  // An edge calls for its sockets every five seconds.
  const times = { leaseMs: 6000, absenceMs: 1500 }
  const session = useSession(times)

  for (const [what, outage] of [
    [
      "NATS is away",
      async () => {
        await session.product.natsServer.kill()
        await sleep(times.leaseMs + times.absenceMs)
        await session.product.restartNats()
      },
    ],
    [
      "NATS is frozen",
      async () => {
        const pid = session.product.natsServer.pid ?? 0
        process.kill(pid, "SIGSTOP")
        await sleep(times.leaseMs + times.absenceMs)
        process.kill(pid, "SIGCONT")
      },
    ],
  ] as const) {
    it(`stay while ${what}, and are heard again after it`, async function () {
      this.timeout(40_000)
      if (process.env.RESGATE_BIN) skip(this, "a gateway that lives on without NATS")
      const host = await session.page("Host", "start")
      await session.page("Guest", "join")
      const { client, customerId } = await session.member("Client", "join")
      await outage()
      const all = "Host Guest Client"
      await until("the session to be there again", async () => (await session.names()) === all)
      // Whoever was taken for gone would be out by now.
      await sleep(times.absenceMs + 1500)
      expect(await session.names()).to.equal(all)
      await client.call(session.rid, "updateCart", { customerId, cartContent: { still: "here" } })
      await until("the cart", () => JSON.stringify(host.sees?.[2]?.content) === '{"still":"here"}')
    })
  }
})
