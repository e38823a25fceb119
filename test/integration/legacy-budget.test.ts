import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { useProduct } from "../helpers/product.ts"
import { Storefront, useStorefronts } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

/** So many large carts that an update is 1.2 MB, and 7 MB to all members. */
const CARTS = 5
const CART_BYTES = 250_000
/** So many that an update for each of them would be 1 GB. More take a busy machine a minute. */
const MESSAGES = 150
const MIB = 1024 * 1024

describe("a session with large carts, of which one member sends small updates without end", () => {
  const product = useProduct()
  const openPage = useStorefronts(product)
  let members: Storefront[]
  let bytes: number

  beforeEach(async () => {
    const id = `s-${randomUUID().slice(0, 13)}`
    members = []
    bytes = 0
    for (let i = 0; i <= CARTS; i++) {
      const member = await openPage(id)
      members.push(member)
      if (i === 0) await member.start("Flood")
      else await member.join(`Member ${i}`)
      if (i === 0) continue
      member.send("updateCart", { customerId: member.customerId, cartContent: { note: "x".repeat(CART_BYTES) } })
      await until("the large cart", () => JSON.stringify(member.sees?.[i]?.content)?.length === CART_BYTES + 11)
    }
    for (const member of members)
      await until("all carts at every member", () => JSON.stringify(member.sees)?.length > CARTS * CART_BYTES)
    for (const { webSocket } of members) {
      webSocket.on("message", (data: Buffer) => {
        bytes += data.length
      })
    }
  })

  /** Runs `flood`; no more is sent than the budget gives: 64 MiB at once, 32 MiB a second, one update on top. */
  async function staysInBudget(flood: (host: Storefront) => Promise<void>): Promise<void> {
    const [host] = members
    if (host === undefined) throw new Error("no host")
    const start = performance.now()
    await flood(host)
    const seconds = (performance.now() - start) / 1000
    expect(bytes / MIB).to.be.at.most(64 + 32 * seconds + 8)
  }

  it("merges its updates, and shows everybody the last one", async () => {
    await staysInBudget(async (host) => {
      for (let n = 1; n <= MESSAGES; n++) host.send("updateCart", { customerId: host.customerId, cartContent: { n } })
      for (const member of members) {
        const last = () => JSON.stringify(member.sees?.[0]?.content) === `{"n":${MESSAGES}}`
        await until("the last update at every member", last)
      }
    })
  })

  it("answers each of many refusals with its error, and shows the session no more often than the budget lets it", async () => {
    await staysInBudget(async (host) => {
      for (let n = 1; n <= MESSAGES; n++) host.send("updateCart", { customerId: host.customerId, cartContent: 5 })
      const refusals = () => host.events().filter((event) => event === "error").length
      await until("the errors", () => refusals() === MESSAGES)
      const from = host.messages.length
      host.send("updateCart", { customerId: host.customerId, cartContent: 5 })
      await host.next("multicartUpdate", from)
    })
  })

  it("gives who joins meanwhile its reply first, and then the session with itself in it", async () => {
    const [host] = members
    for (let n = 1; n <= MESSAGES; n++) host?.send("updateCart", { customerId: host.customerId, cartContent: { n } })
    const late = await Storefront.open(product.edgeUrl, new URL(host?.webSocket.url ?? "").pathname.slice(1))
    members.push(late)
    const { customerId } = await late.join("Late")
    await until("an update", () => late.sees !== undefined)
    expect(late.events()[0]).to.equal("joinSession")
    const [, first] = late.messages
    expect(first?.payload.multicartContent.at(-1).owner.id).to.equal(customerId)
  })
})
