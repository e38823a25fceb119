import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { expect } from "chai"
import { connect } from "nats"
import { WebSocket } from "ws"
import { workSubject } from "../../service/log/subjects.ts"
import { publishEvent } from "../helpers/events.ts"
import { get, post } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { resRequest } from "../helpers/res.ts"
import { resClient } from "../helpers/res-client.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

describe("the logs of a whole run at LOG_LEVEL=trace", () => {
  /** What no log may have, by what it is; each is found nowhere else. */
  const secrets = {
    "bearer token": "eyJhbGciOiJSUzI1NiJ9.c2VjcmV0LXRva2Vu.c2lnbmF0dXJl",
    "RES token": `token-${randomUUID()}`,
    cookie: `cookie-${randomUUID()}`,
    "shopper id": randomUUID(),
    "product name": "Zanzibar Quinces",
    UPC: "998877665544",
    "category id": "category-zanzibar",
    "customer name": "Wilhelmina Featherstonehaugh",
    "cart content": "Persimmon-in-a-cart",
    "merchant's name": "Bartholomew Quillfeather",
    "idempotency key": `key-${randomUUID()}`,
  }
  const shopId = randomUUID()
  const event = publishEvent({
    shop_id: shopId,
    shopper_id: secrets["shopper id"],
    product_name: secrets["product name"],
    UPC: secrets.UPC,
    category_id: secrets["category id"],
  })
  const authorization = `Bearer ${secrets["bearer token"]}`
  let kit: LauncherKit
  let logs = ""

  before(async () => {
    kit = await LauncherKit.create()
    await kit.ready(kit.start({ LOG_LEVEL: "trace", ACCESS_LOG: "true", SLOW_REQUEST_MS: "5" }))
  })

  after(() => kit.end())

  it("have the traffic of all doors, so that there is something to look through", async () => {
    await throughHttp()
    await throughLegacyWebSocket()
    await throughGateway()
    await throughNats()
    await kit.kill("service")
    await until("the product to be ready again", async () => (await get(`${kit.edgeUrl}/readyz`)).status === 200)
    await throughHttp()
    await throughHistory()

    const { process, ended, stdout, stderr } = kit.current
    process.kill("SIGINT")
    await ended
    const files = (await readdir(kit.dataDir)).filter((name) => name.endsWith(".log"))
    expect(files).to.include("nats-server.log")
    const written = await Promise.all(files.map((name) => readFile(join(kit.dataDir, name), "utf8")))
    logs = [stdout(), stderr(), ...written].join("\n")
    for (const seen of [
      `call.store.${shopId}.feed.publish`,
      `call.store.${shopId}.basket.${event.session_id}.acknowledge`,
      "call.session.logs.multicart.start",
      "set aside",
      "/publish/:shop_id",
      "/shoppers/:shopper_id",
      "session.$id.multicart",
      "a request was slow",
      "edge  ",
    ])
      expect(logs).to.include(seen)
  })

  for (const [what, secret] of Object.entries(secrets)) {
    it(`have no ${what}`, () => {
      expect(logs).not.to.equal("")
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
        expect(logs.includes(form), form).to.equal(false)
    })
  }

  it("have no resume token", () => {
    expect(resumeToken).to.match(/^[\w-]{32}$/)
    expect(logs.includes(resumeToken)).to.equal(false)
  })

  let resumeToken = ""

  async function throughHttp(): Promise<void> {
    const url = `${kit.edgeUrl}/publish/${shopId}`
    const key = { "idempotency-key": secrets["idempotency key"] }
    const headers = { authorization, cookie: secrets.cookie, ...key }
    expect((await post(url, event, headers)).status).to.equal(200)
    expect((await post(url, { ...event, basket_total: 1 }, headers)).status).to.equal(409)
    expect((await post(url, { ...event, create_time: secrets["product name"] }, { authorization })).status).to.equal(
      422,
    )
    expect((await post(url, JSON.stringify(event).slice(0, -1), { authorization })).status).to.equal(400)
    expect((await post(`${kit.edgeUrl}/send`, { ...event, shop_id: randomUUID() }, { authorization })).status).to.equal(
      200,
    )
    expect((await post(`${kit.edgeUrl}/${secrets["shopper id"]}`, event, { authorization })).status).to.equal(404)
    expect((await get(`${kit.edgeUrl}/healthz?token=${secrets["RES token"]}`)).status).to.equal(200)
  }

  async function throughHistory(): Promise<void> {
    const stream = await fetch(`${kit.edgeUrl}/stream/${shopId}?replay=1`, { headers: { authorization } })
    await stream.body?.cancel()
    expect((await get(`${kit.edgeUrl}/export/${shopId}`)).status).to.equal(200)
    const shopper = `${kit.edgeUrl}/shoppers/${secrets["shopper id"]}`
    expect((await fetch(shopper, { method: "DELETE", headers: { authorization } })).status).to.equal(200)
  }

  async function throughLegacyWebSocket(): Promise<void> {
    const host = await Storefront.open(kit.edgeUrl, "logs")
    await host.start(secrets["customer name"])
    host.send("updateCart", { customerId: host.customerId, cartContent: { item: secrets["cart content"] } })
    await host.next("multicartUpdate")
    const guest = await Storefront.open(kit.edgeUrl, "logs")
    expect(
      await guest.refusal("resumeSession", { customerId: host.customerId, resumeToken: secrets["RES token"] }),
    ).to.equal("session.wrongResumeToken")
    guest.webSocket.send(`{"event":"${secrets["cart content"]}`)
    await guest.next("error")
    resumeToken = host.resumeToken
    await host.close()
    await guest.enter("resumeSession", { customerId: host.customerId, resumeToken })
    await guest.close()
  }

  async function throughGateway(): Promise<void> {
    const client = resClient(kit.gatewayUrl.replace("http", "ws"))
    const collection = await client.get<{ on(event: string, handler: () => void): void }>(`store.${shopId}.feed`)
    collection.on("add", () => {})
    await client.call(`store.${shopId}.feed`, "publish", event)
    await client.call(`store.${shopId}.feed`, "publish", { ...event, action: 5 }).catch(() => {})
    const basket = `store.${shopId}.basket.${event.session_id}`
    await client.get(`store.${shopId}.baskets`)
    await client.call(basket, "acknowledge", { by: secrets["merchant's name"] })
    await client.call(basket, "acknowledge", { by: secrets["merchant's name"].repeat(9) }).catch(() => {})
    client.disconnect()
    const headers = { authorization, cookie: secrets.cookie }
    await post(`${kit.gatewayUrl}/api/store/${shopId}/feed/publish`, event, headers)
    await post(`${kit.gatewayUrl}/api/store/${shopId}/feed/publish`, `{"${secrets["product name"]}`, headers)
    const webSocket = new WebSocket(kit.gatewayUrl.replace("http", "ws"), { headers })
    await once(webSocket, "open")
    // The gateway may close it, too.
    const closed = once(webSocket, "close")
    webSocket.send(
      JSON.stringify({ id: 1, method: "auth.shopwire.auth.login", params: { token: secrets["bearer token"] } }),
    )
    webSocket.send(JSON.stringify({ id: 2, method: `call.store.${shopId}.feed.publish`, params: event }))
    webSocket.send(`{"id":3,"method":"${secrets["customer name"]}`)
    await until(
      "the gateway's answers",
      () => webSocket.readyState === WebSocket.CLOSED || webSocket.bufferedAmount === 0,
    )
    webSocket.close()
    await closed
  }

  async function throughNats(): Promise<void> {
    const nats = await connect({ servers: kit.natsUrl })
    const token = { key: secrets["RES token"] }
    const header = { Authorization: [authorization], Cookie: [secrets.cookie] }
    await resRequest(nats, `call.store.${shopId}.feed.publish`, { cid: "c", token, header, params: event })
    await resRequest(nats, `call.store.${shopId}.feed.publish`, { cid: "c", token, params: { ...event, UPC: 5 } })
    await resRequest(nats, `access.store.${shopId}.feed`, { cid: "c", token, header })
    await resRequest(nats, "call.session.logs.multicart.join", {
      cid: "c",
      token,
      params: { customerName: secrets["customer name"] },
    })
    // Invalid ones, which are set aside and counted.
    for (const payload of [
      JSON.stringify({ ...event, action: 5 }),
      `{"${secrets["product name"]}`,
      JSON.stringify(event),
    ])
      nats.publish(`updates.store.${randomUUID()}`, payload)
    nats.publish(workSubject(shopId), JSON.stringify({ by: secrets["merchant's name"] }))
    await nats.flush()
    await resRequest(nats, `get.store.${shopId}.feed`)
    // The first at once; the others are summed up, and logged when the service stops.
    await until("the first to be set aside", () => kit.current.stdout().includes("set aside"))
    await nats.close()
  }
})
