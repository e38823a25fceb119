import { once } from "node:events"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliCompressSync } from "node:zlib"
import { expect } from "chai"
import express from "express"
import { clientAddresses, silentLogger } from "res-service"
import { begin } from "../../edge/http/in-express.ts"
import { notFound, problems } from "../../edge/http/problem.ts"
import { type WebOptions, webRoutes } from "../../edge/http/web.ts"
import { get } from "../helpers/http.ts"

describe("the pages at the edge", () => {
  const servers: Server[] = []
  let dir: string

  const page = "<!doctype html><title>merchant</title>"
  const script = "console.log(1)".repeat(100)

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "shopwire-web-"))
    await mkdir(join(dir, "merchant/assets"), { recursive: true })
    await writeFile(join(dir, "merchant/index.html"), page)
    await writeFile(join(dir, "merchant/assets/index-1a2b.js"), script)
    await writeFile(join(dir, "merchant/assets/index-1a2b.js.br"), brotliCompressSync(script))
    await writeFile(join(dir, "secret.txt"), "secret")
  })

  after(async () => {
    for (const server of servers) server.close()
    await rm(dir, { recursive: true })
  })

  async function serve(options: Partial<WebOptions> = {}): Promise<string> {
    const web = webRoutes({ dir, gateway: 8080, auth: { kind: "none" }, connectTo: [], ...options })
    const app = express().use(begin(clientAddresses([])), web, notFound, problems(silentLogger))
    const server = createServer(app).listen(0, "127.0.0.1")
    servers.push(server)
    await once(server, "listening")
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** A request with a path and headers as they are, which `fetch` would put in order. */
  async function raw(url: string, options: { path: string; method?: string; headers?: Record<string, string> }) {
    const req = request(url, options).end()
    const [res] = (await once(req, "response")) as [import("node:http").IncomingMessage]
    let bytes = 0
    for await (const chunk of res) bytes += (chunk as Buffer).length
    return { status: res.statusCode, headers: res.headers, bytes }
  }

  it("are at /merchant/, where / leads; html is asked for again each time", async () => {
    const url = await serve()
    const answer = await fetch(`${url}/`)
    expect(answer.url).to.equal(`${url}/merchant/`)
    expect(await answer.text()).to.equal(page)
    expect(answer.headers.get("content-type")).to.equal("text/html; charset=utf-8")
    expect(answer.headers.get("cache-control")).to.equal("no-cache")
    const again = await raw(url, {
      path: "/merchant/",
      headers: { "if-none-match": answer.headers.get("etag") ?? "" },
    })
    expect(again.status).to.equal(304)
    expect((await fetch(`${url}/merchant?shop=1`)).url).to.equal(`${url}/merchant/?shop=1`)
  })

  it("keep what has a hash in its name for good, compressed for those who take that", async () => {
    const url = await serve()
    const path = "/merchant/assets/index-1a2b.js"
    const small = await raw(url, { path, headers: { "accept-encoding": "gzip, br" } })
    expect(small.status).to.equal(200)
    expect(small.headers).to.include({
      "content-encoding": "br",
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      vary: "Accept-Encoding",
    })
    expect(small.bytes).to.equal(brotliCompressSync(script).length)
    const plain = await raw(url, { path })
    expect(plain.headers).to.not.have.property("content-encoding")
    expect(plain.headers["content-type"]).to.match(/^(text|application)\/javascript/)
    expect(plain.bytes).to.equal(script.length)
    const head = await raw(url, { path, method: "HEAD" })
    expect([head.status, head.bytes]).to.deep.equal([200, 0])
  })

  it("allow scripts from here alone, and connections to here and the gateway", async () => {
    const csp = async (url: string) => (await fetch(`${url}/merchant/`)).headers.get("content-security-policy") ?? ""
    const url = await serve()
    const policy = await csp(url)
    expect(policy)
      .to.include("default-src 'none'")
      .and.include("script-src 'self';")
      .and.include("frame-ancestors 'none'")
    expect(policy).to.include(`connect-src 'self' ${url.replace("http", "ws")} ws://127.0.0.1:8080;`)
    expect(policy).to.not.include("unsafe")
    const other = await csp(await serve({ gateway: "wss://live.example", connectTo: ["https://login.example"] }))
    expect(other).to.include("wss://live.example https://login.example;")
  })

  it("tell where the gateway is in /config.json", async () => {
    const answer = await get(`${await serve()}/config.json`)
    expect(answer.body).to.deep.equal({ gateway: "ws://127.0.0.1:8080", auth: { kind: "none" } })
    expect(answer.headers.get("cache-control")).to.equal("no-store")
    const given = await get(`${await serve({ gateway: "wss://live.example" })}/config.json`)
    expect(given.body.gateway).to.equal("wss://live.example")
  })

  it("tell that the gateway is where they are themselves, behind a proxy that has both", async () => {
    const url = await serve({ gateway: "same-origin" })
    const own = url.replace("http", "ws")
    expect((await get(`${url}/config.json`)).body.gateway).to.equal(own)
    const policy = (await fetch(`${url}/merchant/`)).headers.get("content-security-policy")
    expect(policy).to.include(`connect-src 'self' ${own};`)
  })

  it("take names of machines and containers that DNS would not allow", async () => {
    for (const Host of ["shop_wire:8000", "shop_wire", "shop_wire.internal:8000", "_a-b.example"]) {
      const url = await serve()
      const { status, headers } = await raw(url, { path: "/merchant/", headers: { Host } })
      expect(status, Host).to.equal(200)
      expect(headers["content-security-policy"], Host).to.include(` ws://${Host} `)
    }
  })

  it("take no Host that would write into a header", async () => {
    const url = await serve()
    for (const host of ["a; script-src *", "a'b"]) {
      expect((await raw(url, { path: "/config.json", headers: { host } })).status, host).to.equal(400)
      expect((await raw(url, { path: "/merchant/", headers: { host } })).status, host).to.equal(400)
    }
  })

  it("answer 404 for what is not there, and for what lies beside them", async () => {
    const url = await serve()
    for (const path of [
      "/merchant/nothing",
      "/merchant/../secret.txt",
      "/merchant/%2e%2e/secret.txt",
      "/storefront/",
    ]) {
      expect((await raw(url, { path })).status, path).to.equal(404)
    }
  })

  it("say how they are made when they are not there", async () => {
    const answer = await get(`${await serve({ dir: join(dir, "nowhere") })}/merchant/`)
    expect(answer.status).to.equal(404)
    expect(answer.headers.get("content-type")).to.match(/^application\/problem\+json/)
    expect(answer.body.detail).to.include("npm run build:web")
  })

  it("answer 405 to what is no GET or HEAD", async () => {
    const url = await serve()
    for (const path of ["/", "/merchant/", "/config.json"]) {
      const answer = await raw(url, { path, method: "POST" })
      expect([answer.status, answer.headers.allow], path).to.deep.equal([405, "GET, HEAD"])
    }
  })
})
