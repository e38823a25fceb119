import { expect } from "chai"
import { ownPages, pageSettings } from "../../config/own-pages.ts"
import { loadSettings } from "../../config/settings.ts"
import { publishEvent } from "../helpers/events.ts"
import { headerAuth, useGateway } from "../helpers/gateway.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { useProduct } from "../helpers/product.ts"
import { rawRequest, upgradeStatus } from "../helpers/raw-request.ts"

const event = publishEvent()
const json = { "Content-Type": "application/json" }

/** What another site's page could ask of a gateway, and the status of each answer. */
async function atGateway(url: string, headers: Record<string, string>): Promise<Record<string, number>> {
  const feed = `${url}/api/store/${event.shop_id}/feed`
  return {
    socket: await upgradeStatus(`${url}/`, headers),
    read: (await rawRequest(feed, { headers })).status,
    publish: (await rawRequest(`${feed}/publish`, { method: "POST", headers, body: JSON.stringify(event) })).status,
    erase: (await rawRequest(`${url}/api/shopwire/shoppers/erase`, { method: "POST", headers, body: "{}" })).status,
  }
}

/** The same of the edge. */
async function atEdge(url: string, headers: Record<string, string>): Promise<Record<string, number>> {
  const all = { ...json, ...headers }
  const body = JSON.stringify(event)
  return {
    socket: await upgradeStatus(`${url}/pages`, headers),
    stream: (await rawRequest(`${url}/stream/${event.shop_id}`, { headers })).status,
    export: (await rawRequest(`${url}/export/${event.shop_id}`, { headers })).status,
    publish: (await rawRequest(`${url}/publish/${event.shop_id}`, { method: "POST", headers: all, body })).status,
    send: (await rawRequest(`${url}/send`, { method: "POST", headers: all, body })).status,
    erase: (await rawRequest(`${url}/shoppers/${event.shopper_id}`, { method: "DELETE", headers })).status,
    session: (await rawRequest(`${url}/sessions`, { method: "POST", headers })).status,
  }
}

const refusedAtGateway = { socket: 403, read: 403, publish: 403, erase: 403 }
const refusedAtEdge = { socket: 403, stream: 403, export: 403, publish: 403, send: 403, erase: 403, session: 403 }
const takenAtGateway = { socket: 101, read: 200, publish: 200, erase: 400 }
const takenAtEdge = { socket: 101, stream: 200, export: 200, publish: 200, send: 200, erase: 200, session: 201 }

describe("npm start with AUTH=none", () => {
  let kit: LauncherKit
  let edgeHost: string
  let gatewayHost: string

  before(async () => {
    kit = await LauncherKit.create()
    edgeHost = new URL(kit.edgeUrl).host
    gatewayHost = new URL(kit.gatewayUrl).host
    await kit.ready(kit.start({ AUTH: "", CORS_ORIGINS: "https://shop.example", PUBLIC_HOSTS: "live.example" }))
  })
  after(() => kit?.end())

  const refuses = async (Origin: string): Promise<void> => {
    expect(await atEdge(kit.edgeUrl, { Origin })).to.deep.equal(refusedAtEdge)
    expect(await atGateway(kit.gatewayUrl, { Origin })).to.deep.equal(refusedAtGateway)
  }

  it("refuses each door to a page of https://evil.example", () => refuses("https://evil.example"))
  it("refuses each door to a sandboxed frame, whose origin is null", () => refuses("null"))
  it("refuses each door but the old WebSocket to a page from another port of this machine", async () => {
    const Origin = "http://localhost:1"
    expect(await atEdge(kit.edgeUrl, { Origin })).to.deep.equal({ ...refusedAtEdge, socket: 101 })
    expect(await atGateway(kit.gatewayUrl, { Origin })).to.deep.equal(refusedAtGateway)
  })

  it("refuses each door to a page whose own name was pointed here (DNS rebinding)", async () => {
    for (const name of ["evil.example", "127.0.0.1.evil.example"]) {
      const rebound = (host: string) => {
        const Host = host.replace("127.0.0.1", name)
        return { Host, Origin: `http://${Host}` }
      }
      expect(await atEdge(kit.edgeUrl, rebound(edgeHost))).to.deep.equal(refusedAtEdge)
      expect(await atGateway(kit.gatewayUrl, rebound(gatewayHost))).to.deep.equal(refusedAtGateway)
    }
  })

  it("refuses reading to such a page, which sends no Origin then", async () => {
    const { stream, export: exported } = await atEdge(kit.edgeUrl, { Host: "evil.example" })
    expect({ stream, exported }).to.deep.equal({ stream: 403, exported: 403 })
    expect((await atGateway(kit.gatewayUrl, { Host: "evil.example" })).read).to.equal(403)
  })

  it("lets in its own pages, those of CORS_ORIGINS, those at PUBLIC_HOSTS, and what is no page", async () => {
    const localhost = `localhost:${kit.ports.EDGE_PORT}`
    const senders: [edge: Record<string, string>, gateway: Record<string, string>][] = [
      [{}, {}],
      [{ Host: "edge:8000" }, { Host: "gateway:8080" }],
      [{ Origin: kit.edgeUrl }, { Origin: kit.edgeUrl }],
      // As libraries send it that are no browsers: the server's own.
      [{ Origin: kit.edgeUrl }, { Origin: kit.gatewayUrl }],
      [
        { Host: localhost, Origin: `http://${localhost}` },
        { Host: `localhost:${kit.ports.GATEWAY_PORT}`, Origin: `http://${localhost}` },
      ],
      [{ Origin: "https://shop.example" }, { Origin: "https://shop.example" }],
      [
        { Host: "live.example", Origin: "https://live.example" },
        { Host: "live.example", Origin: "https://live.example" },
      ],
      [{ Host: "live.example" }, { Host: "live.example" }],
    ]
    for (const [edge, gateway] of senders) {
      expect(await atEdge(kit.edgeUrl, edge), JSON.stringify(edge)).to.deep.equal(takenAtEdge)
      expect(await atGateway(kit.gatewayUrl, gateway), JSON.stringify(gateway)).to.deep.equal(takenAtGateway)
    }
  })

  it("lets apps write at any name, without a Content-Type too, but no page", async () => {
    const body = JSON.stringify(event)
    const send = async (headers: Record<string, string>) =>
      (await rawRequest(`${kit.edgeUrl}/publish/${event.shop_id}`, { method: "POST", headers, body })).status
    expect(await send({ Host: "shop.example" })).to.equal(200)
    expect(await send({ Origin: kit.edgeUrl })).to.equal(415)
    // What a form can send.
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"])
      expect(await send({ "Content-Type": type }), type).to.equal(415)
  })

  it("serves pages and probes by any name: they hold no data", async () => {
    for (const path of ["/healthz", "/config.json"]) {
      const { status } = await rawRequest(`${kit.edgeUrl}${path}`, { headers: { Host: "shop.example" } })
      expect(status, path).to.equal(200)
    }
  })
})

describe("shopwire.auth with AUTH=none, for a Resgate that lets in every origin", () => {
  const settings = loadSettings(pageSettings, { CORS_ORIGINS: "https://shop.example", PUBLIC_HOSTS: "live.example" })
  const product = useProduct({ pages: ownPages(settings) })
  const gateway = useGateway(product, headerAuth)

  it("refuses other sites' pages, sandboxed frames and rebound names", async () => {
    const rebound = { Host: "evil.example:8080", Origin: "http://evil.example:8080" }
    for (const headers of [{ Origin: "https://evil.example" }, { Origin: "null" }, rebound])
      expect(await atGateway(gateway.url, headers), JSON.stringify(headers)).to.deep.equal(refusedAtGateway)
    expect((await atGateway(gateway.url, { Host: "evil.example" })).read).to.equal(403)
  })

  it("lets in the edge's pages, those of the settings, and what is no page", async () => {
    const own = { Host: "127.0.0.1:8080", Origin: "http://127.0.0.1:8000" }
    const live = { Host: "live.example", Origin: "https://live.example" }
    for (const headers of [{}, own, live, { Origin: "https://shop.example" }])
      expect(await atGateway(gateway.url, headers), JSON.stringify(headers)).to.deep.equal(takenAtGateway)
  })
})
