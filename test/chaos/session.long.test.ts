import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import { get } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { type Client, type ClientCollection, resClient } from "../helpers/res-client.ts"
import { type SharedCart, Storefront } from "../helpers/storefront.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

const RECONNECT_MS = 50
const KEEP_ALIVE_MS = 5000
/** A message that was lost with a process is sent again after this time. */
const ATTEMPT_MS = 5000

/** A page that sets its cart to ever higher numbers without a pause, and comes back with its token when its socket breaks. */
class Shopper {
  readonly name: string
  readonly #edgeUrl: string
  readonly #sessionId: string
  /** The socket in use, and all messages that came in over it. */
  page: Storefront
  /** Sockets that broke. */
  breaks = 0
  /** The highest number that an update has shown. */
  shown = 0
  #stopped = false
  readonly #running: Promise<void>

  private constructor(edgeUrl: string, sessionId: string, page: Storefront, name: string) {
    this.#edgeUrl = edgeUrl
    this.#sessionId = sessionId
    this.page = page
    this.name = name
    this.#running = this.#run()
  }

  static async enter(edgeUrl: string, sessionId: string, name: string, isHost: boolean): Promise<Shopper> {
    const page = await Storefront.open(edgeUrl, sessionId)
    await (isHost ? page.start(name) : page.join(name))
    return new Shopper(edgeUrl, sessionId, page, name)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  numberIn(carts: readonly SharedCart[] | undefined): number {
    return numberOf(carts?.find(({ owner }) => owner.name === this.name)?.content)
  }

  async #run(): Promise<void> {
    for (let n = 1; !this.#stopped; n++) {
      await until(`update ${n} of ${this.name} to be shown`, async () => {
        if (this.page.webSocket.readyState > 1) await this.#comeBack()
        const { page } = this
        const from = page.messages.length
        page.send("updateCart", { customerId: page.customerId, cartContent: { n } })
        await until(
          "an answer",
          () => {
            const isRefused = page.messages.slice(from).some(({ event }) => event === "error")
            return isRefused || this.numberIn(page.sees) === n || page.webSocket.readyState > 1
          },
          ATTEMPT_MS,
        ).catch(() => {})
        return this.numberIn(page.sees) === n
      })
      this.shown = n
    }
  }

  async #comeBack(): Promise<void> {
    const { customerId, resumeToken } = this.page
    this.breaks++
    await until(`${this.name} to be back`, async () => {
      const page = await Storefront.open(this.#edgeUrl, this.#sessionId).catch(() => undefined)
      if (page === undefined) {
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
        return false
      }
      page.send("resumeSession", { customerId, resumeToken })
      const answer = await until(
        "an answer",
        () => page.messages.find(({ event }) => event === "resumeSession" || event === "error"),
        ATTEMPT_MS,
      ).catch(() => undefined)
      if (answer?.event !== "resumeSession") {
        page.webSocket.terminate()
        return false
      }
      this.page = Object.assign(page, { customerId, resumeToken })
      return true
    })
  }
}

function numberOf(content: unknown): number {
  return (content as { n?: number } | undefined)?.n ?? 0
}

describe("a shared session while processes are killed with -9", function () {
  this.timeout(10 * PATIENCE_MS)

  const id = `s-${randomUUID().slice(0, 13)}`
  let kit: LauncherKit
  let client: Client | undefined
  let keeping: NodeJS.Timeout | undefined
  const shoppers: Shopper[] = []

  before(async () => {
    kit = await LauncherKit.create()
    await kit.ready(kit.start())
  })

  after(async () => {
    clearInterval(keeping)
    await Promise.allSettled(shoppers.map((shopper) => shopper.stop()))
    for (const { page } of shoppers) page.webSocket.terminate()
    client?.disconnect()
    await kit?.end()
  })

  it("goes on after each, carts unharmed; no update is lost that was shown; storefronts resume", async () => {
    const host = await Shopper.enter(kit.edgeUrl, id, "Host", true)
    shoppers.push(host)
    shoppers.push(await Shopper.enter(kit.edgeUrl, id, "Guest", false))
    client = resClient(kit.gatewayUrl.replace("http", "ws"))
    const rid = `session.${id}.multicart`
    const carts = await client.get<ClientCollection<SharedCart>>(rid)
    carts.on("add", () => {})
    const own = await client.call<{ customerId: string; resumeToken: string }>(rid, "join", { customerName: "Client" })
    const kept = { items: [{ name: "Äpfel 🍎", price: 0.1 + 0.2, options: null }] }
    await client.call(rid, "updateCart", { customerId: own.customerId, cartContent: kept })
    const customers = [...shoppers.map(({ page }) => page.customerId), own.customerId]
    // As a page does it. Old storefronts are not shown a member who is absent.
    keeping = setInterval(() => void client?.call(rid, "keepAlive").catch(() => {}), KEEP_ALIVE_MS)
    const { customerId, resumeToken } = own
    const resume = () =>
      until("the client to have its place again", async () => {
        const resumed = client?.call(rid, "resume", { customerId, resumeToken })
        return await resumed?.then(
          () => true,
          () => false,
        )
      })
    const sees = () => [...carts].map(({ owner, content }) => ({ owner, content }))

    // The real Resgate goes by its own name.
    const gateway = kit.known.some(({ name }) => name === "resgate") ? "resgate" : "gateway"
    for (const victim of ["service", gateway, "nats", "edge"]) {
      await furtherUpdates("before the kill")
      const shownBefore = new Map(shoppers.map((shopper) => [shopper, shopper.shown]))
      const breaksBefore = shoppers.map(({ breaks }) => breaks)
      await kit.kill(victim)
      // With the gateway its connection has gone: it takes its place on another one with its token.
      await resume()
      await furtherUpdates(`after ${victim} was killed`)

      const fresh = await freshContent()
      expect(
        fresh.map(({ owner }) => owner.id),
        "the same session",
      ).to.deep.equal(customers)
      expect(fresh[0]?.owner.isHost).to.equal(true)
      expect(fresh[2]?.content, "the cart of who did nothing").to.deep.equal(kept)
      for (const [shopper, shown] of shownBefore) expect(shopper.numberIn(fresh)).to.be.at.least(shown)
      if (victim === "edge") {
        for (const [i, { breaks }] of shoppers.entries()) expect(breaks).to.be.above(breaksBefore[i] ?? 0)
      }
    }

    await Promise.all(shoppers.map((shopper) => shopper.stop()))
    const last = await freshContent()
    for (const shopper of shoppers) expect(shopper.numberIn(last), shopper.name).to.equal(shopper.shown)
    for (const { page, name } of shoppers) {
      await until(`${name} to see it`, () => isDeepStrictEqual(page.sees, last))
    }
    await until("the client to see it", () => isDeepStrictEqual(sees(), last)).catch(() =>
      expect(sees()).to.deep.equal(last),
    )

    await client.call(rid, "updateCart", { customerId, cartContent: { back: true } })
    await until(
      "the client's cart at the host's",
      () => JSON.stringify(host.page.sees?.[2]?.content) === '{"back":true}',
    )
  })

  /** Waits until each has seen another two of its updates. */
  async function furtherUpdates(when: string): Promise<void> {
    const wanted = shoppers.map(({ shown }) => shown + 2)
    await until(`updates ${when}`, () => shoppers.every(({ shown }, i) => shown >= (wanted[i] ?? 0)))
  }

  async function freshContent(): Promise<SharedCart[]> {
    return await until("the session through the gateway", async () => {
      const answer = await get(`${kit.gatewayUrl}/api/session/${id}/multicart`).catch(() => undefined)
      return answer?.status === 200 && (answer.body as SharedCart[])
    })
  }
})
