import { expect } from "chai"
import { ownPages, pageSettings } from "../../../config/own-pages.ts"
import { loadSettings } from "../../../config/settings.ts"

const pagesOf = (env: NodeJS.ProcessEnv = {}) => ownPages(loadSettings(pageSettings, env))
const isLetIn = (env: NodeJS.ProcessEnv, origin: string | undefined, host: string, method = "POST"): boolean =>
  pagesOf(env)?.refusal({ method, origin, host }) === undefined

describe("ownPages", () => {
  it("are all pages with AUTH other than none", () => {
    expect(pagesOf({ AUTH: "jwks" })).to.equal(undefined)
  })

  const own: [origin: string, host: string][] = [
    ["http://127.0.0.1:8000", "127.0.0.1:8000"],
    ["http://localhost:8000", "localhost:8000"],
    ["http://[::1]:8000", "[::1]:8000"],
    ["http://192.168.1.5:8000", "192.168.1.5:8000"],
    // The gateway, asked by a page of the edge; and a page that was opened by another name of this machine.
    ["http://localhost:8000", "localhost:8080"],
    ["http://localhost:8000", "127.0.0.1:8000"],
  ]
  for (const [origin, host] of own) {
    it(`are those of ${origin}, at ${host}`, () => {
      expect(isLetIn({}, origin, host)).to.equal(true)
    })
  }

  const foreign: [origin: string, host: string][] = [
    ["https://evil.example", "127.0.0.1:8000"],
    ["null", "127.0.0.1:8000"],
    ["", "127.0.0.1:8000"],
    ["http://evil.example:8000", "evil.example:8000"],
    ["http://evil:8000", "evil:8000"],
    ["http://localhost:5173", "localhost:8000"],
    ["http://127.0.0.1.evil.example:8000", "127.0.0.1:8000"],
    ["http://192.168.1.6:8000", "192.168.1.5:8000"],
    ["file://", "127.0.0.1:8000"],
    ["http://127.0.0.1:8000", "evil.example:8000"],
  ]
  for (const [origin, host] of foreign) {
    it(`are not those of ${JSON.stringify(origin)}, at ${host}, whatever they do`, () => {
      for (const method of ["GET", "POST", "DELETE"]) expect(isLetIn({}, origin, host, method), method).to.equal(false)
    })
  }

  it("are also those of CORS_ORIGINS, and of the names in PUBLIC_HOSTS by http and https", () => {
    const env = { CORS_ORIGINS: "https://shop.example", PUBLIC_HOSTS: "live.example, shop_wire" }
    expect(isLetIn(env, "https://shop.example", "127.0.0.1:8000")).to.equal(true)
    expect(isLetIn(env, "https://live.example", "live.example")).to.equal(true)
    expect(isLetIn(env, "http://shop_wire:8000", "shop_wire:8000")).to.equal(true)
    expect(isLetIn(env, "https://evil.example", "live.example")).to.equal(false)
    expect(isLetIn(env, "https://evil.example", "evil.example")).to.equal(false)
  })

  it("are all with CORS_ORIGINS=*", () => {
    expect(isLetIn({ CORS_ORIGINS: "*" }, "https://evil.example", "a.example")).to.equal(true)
  })

  it("do not hold back clients without an Origin, but for reading by a name that a stranger may own", () => {
    expect(isLetIn({}, undefined, "shop.example", "POST")).to.equal(true)
    expect(isLetIn({}, undefined, "edge:8000", "GET")).to.equal(true)
    expect(isLetIn({}, undefined, "127.0.0.1:8000", "GET")).to.equal(true)
    expect(isLetIn({}, undefined, "evil.example:8000", "GET")).to.equal(false)
    expect(isLetIn({ PUBLIC_HOSTS: "shop.example" }, undefined, "shop.example", "GET")).to.equal(true)
  })
})
