import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import { useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { startProduct, useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { type ClientCollection, resClient } from "../helpers/res-client.ts"
import { type SharedCart, Storefront } from "../helpers/storefront.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

describe("one session, through every door", () => {
  const product = useProduct()
  const gateway = useGateway(product)

  it("shows an old storefront, a resclient and curl the same after every step", async () => {
    const id = `mixed-${randomUUID().slice(0, 8)}`
    const rid = `session.${id}.multicart`
    const old = await Storefront.open(product.edgeUrl, id)
    const client = resClient(gateway.wsUrl)
    const carts = await client.get<ClientCollection<SharedCart>>(rid)
    carts.on("add", () => {})

    const same = async (step: string, check: (content: SharedCart[]) => boolean): Promise<void> => {
      await until(step, async () => {
        const content: SharedCart[] = (await get(`${gateway.url}/api/session/${id}/multicart`)).body
        const ofClient = [...carts].map(({ owner, content: cart }) => ({ owner, content: cart }))
        if (!check(content) || old.sees === undefined) return false
        expect(ofClient.length).to.be.at.most(2)
        return isDeepStrictEqual([old.sees, ofClient], [content, content])
      })
    }

    const { customerId: hostId } = await old.start("Old")
    await same("the start", ([host]) => host?.owner.name === "Old" && host.owner.isHost)
    const { customerId } = await client.call<{ customerId: string }>(rid, "join", { customerName: "New" })
    await same("the join", ([, guest]) => guest?.owner.name === "New")
    await client.call(rid, "updateCart", { customerId, cartContent: { new: [1, null, "ü"] } })
    await same("the new client's cart", ([, guest]) => JSON.stringify(guest?.content) === '{"new":[1,null,"ü"]}')
    old.send("updateCart", { customerId: hostId, cartContent: { old: 1e-7 } })
    await same("the old client's cart", ([host]) => JSON.stringify(host?.content) === '{"old":1e-7}')
    await client.call(rid, "customerReadyToCheckout", { customerId, customerReadyToCheckout: true })
    old.send("customerReadyToCheckout", { customerId: hostId, customerReadyToCheckout: true })
    await same("both ready", (content) => content.every(({ owner }) => owner.isReadyToCheckout))
    old.send("leaveSession")
    await old.next("leaveSession", 0)
    await until("the new client to be host", () => [...carts][0]?.owner.isHost && [...carts].length === 1)

    client.disconnect()
    await old.close()
  })

  it("takes an id with ~ at every door, keeps it over a restart, and invites to it", async () => {
    const id = `~V1${randomUUID().slice(0, 8)}~_-~`
    const rid = `session.${id}.multicart`
    const old = await Storefront.open(product.edgeUrl, id)
    await old.start("Old")
    old.send("updateCart", { customerId: old.customerId, cartContent: { a: 1 } })
    await until("the cart", () => JSON.stringify(old.sees?.[0]?.content) === '{"a":1}')
    const client = resClient(gateway.wsUrl)
    await client.call(rid, "join", { customerName: "New" })
    await old.shows("Old* New")
    for (const path of [id, id.replaceAll("~", "%7E")])
      expect((await get(`${gateway.url}/api/session/${path}/multicart`)).body).to.deep.equal(old.sees)
    old.send("createInvite")
    const { invite } = await old.next("createInvite", 0)
    await product.restartService()
    const invited = await Storefront.open(product.edgeUrl, id)
    expect(await invited.refusal("joinSession", { customerName: "Invited" })).to.equal("session.inviteNeeded")
    await invited.enter("joinSession", { customerName: "Invited", invite })
    await old.shows("Old* New Invited")
    expect(old.sees?.[0]?.content).to.deep.equal({ a: 1 })
    client.disconnect()
    await Promise.all([old.close(), invited.close()])
  })

  describe("POST /sessions", () => {
    it("makes an id that fits, another one each time, and an invitation to a page", async () => {
      const url = `${product.edgeUrl}/sessions`
      const [bare, again] = [await post(url, ""), await post(url, {})]
      for (const { status, body } of [bare, again]) {
        expect(status).to.equal(201)
        expect(Object.keys(body)).to.deep.equal(["id"])
        expect(body.id).to.match(/^[A-Za-z0-9_-]{20,64}$/)
      }
      expect(bare.body.id).to.not.equal(again.body.id)
      const invited = await post(url, { page: "https://shop.example/cart?a=1&buddyshoppingId=old#top" })
      expect(invited.body.url).to.equal(`https://shop.example/cart?a=1&buddyshoppingId=${invited.body.id}#top`)
      for (const page of ["https://shop.example/index.php?/category/12", "https://shop.example/?q=%E4&x=~*()'"]) {
        const { body } = await post(url, { page })
        expect(body.url).to.equal(`${page}&buddyshoppingId=${body.id}`)
      }
      const storefront = await Storefront.open(product.edgeUrl, invited.body.id)
      await storefront.start("Host")
      await storefront.close()
    })

    it("answers 422 given what is no page, 400 given no JSON, 405 to GET", async () => {
      const url = `${product.edgeUrl}/sessions`
      for (const body of [5, [], { page: 5 }, { page: "javascript:alert(1)" }, { page: "shop" }]) {
        expect((await post(url, body)).status, JSON.stringify(body)).to.equal(422)
      }
      expect((await post(url, "no JSON")).status).to.equal(400)
      expect((await get(url)).status).to.equal(405)
    })
  })
})

describe("presence in a session", () => {
  const product = useProduct({ sessions: { leaseMs: 3000, hiddenLeaseMs: 8000, absenceMs: 1000 } })
  const gateway = useGateway(product)

  it("makes a guest absent whose socket is gone: it holds nobody up, and is out after a time", async () => {
    const id = `absent-${randomUUID().slice(0, 8)}`
    const [host, guest] = [await Storefront.open(product.edgeUrl, id), await Storefront.open(product.edgeUrl, id)]
    await host.start("Host")
    await guest.join("Guest")
    const ready = { customerId: host.customerId, customerReadyToCheckout: true }
    expect(await host.refusal("customerReadyToCheckout", ready)).to.equal("session.guestsNotReady")
    await guest.close()
    // The guest is shown for a moment only, which may be over when this process looks.
    await until("the host to be ready", () => {
      host.send("customerReadyToCheckout", ready)
      return host.lines.includes("Host*+ Guest")
    })
    await host.shows("Host*+")
    await host.close()
  })

  it("ends the place of a resclient whose connection is gone, or that does not call for long, and keeps one that does", async () => {
    const id = `lease-${randomUUID().slice(0, 8)}`
    const rid = `session.${id}.multicart`
    const [host, silent, gone] = [resClient(gateway.wsUrl), resClient(gateway.wsUrl), resClient(gateway.wsUrl)]
    await host.call(rid, "start", { customerName: "Host" })
    await silent.call(rid, "join", { customerName: "Silent" })
    await gone.call(rid, "join", { customerName: "Gone" })
    const calling = new Set([host, silent])
    const keepingAlive = setInterval(() => {
      for (const client of calling) client.call(rid, "keepAlive").catch(() => {})
    }, 300)
    const names = async () => {
      const content: SharedCart[] = (await get(`${gateway.url}/api/session/${id}/multicart`)).body
      return content.map(({ owner }) => owner.name).join(" ")
    }
    expect(await names()).to.equal("Host Silent Gone")
    gone.disconnect()
    await until("the one without a connection to be out", async () => (await names()) === "Host Silent")
    calling.delete(silent)
    await until("the silent one to be out", async () => (await names()) === "Host")
    clearInterval(keepingAlive)
    await until("the host to be out, too", async () => (await names()) === "")
    host.disconnect()
    silent.disconnect()
  })

  it("forgets a session that nobody changes, and none that is in use", async () => {
    const short = await startProduct({ sessions: { idleMs: 8000 } })
    const [busy, idle] = ["busy", "idle"]
    const friends = await Promise.all([busy, idle].map((id) => Storefront.open(short.edgeUrl, id)))
    const [host, other] = friends
    await host?.start("Host")
    await other?.start("Other")
    // Only what is stored counts. A restart may take longer than the busy session is kept.
    const storedMembers = async (id: string): Promise<number> => {
      const request = JSON.stringify({ last_by_subj: `$KV.sessions.*.${id}.state` })
      const entry = await short.nats.request("$JS.API.DIRECT.GET.KV_sessions", request, { timeout: PATIENCE_MS })
      return entry.data.length === 0 ? 0 : entry.json<{ members: object[] }>().members.length
    }
    for (let n = 1; (await storedMembers(idle)) > 0; n++) {
      host?.send("updateCart", { customerId: host.customerId, cartContent: { n } })
      await until(`update ${n}`, () => (host?.sees?.[0]?.content as { n?: number } | undefined)?.n === n)
      await sleep(300)
    }
    expect(await storedMembers(busy)).to.equal(1)
    await short.restartService()
    expect((await resRequest(short.nats, `get.session.${idle}.multicart`)).result.collection).to.deep.equal([])
    for (const friend of friends) await friend.close()
    await short.stop()
  })
})
