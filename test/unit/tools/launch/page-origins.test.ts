import { networkInterfaces } from "node:os"
import { expect } from "chai"
import { loadSettings } from "../../../../config/settings.ts"
import { checkConfig } from "../../../../res-service/src/gateway/config.ts"
import { allowedPages } from "../../../../tools/launch/page-origins.ts"

const allowed = (env: NodeJS.ProcessEnv = {}) =>
  allowedPages(loadSettings(["HOST", "EDGE_PORT", "GATEWAY_PORT", "PUBLIC_HOSTS", "CORS_ORIGINS"], env))
const originsOf = (env: NodeJS.ProcessEnv = {}) => allowed(env).allowOrigin.split(";")

describe("allowedPages", () => {
  it("are the edge's and the gateway's own, by all names of this machine", () => {
    const hosts = ["localhost", "127.0.0.1", "[::1]"]
    const own = hosts.flatMap((host) => [`http://${host}:9000`, `http://${host}:9080`])
    expect(originsOf({ EDGE_PORT: "9000", GATEWAY_PORT: "9080" })).to.deep.equal(own)
  })

  it("are also those at the address that the edge listens on, or at each of the machine's", () => {
    expect(originsOf({ HOST: "192.0.2.1" })).to.include("http://192.0.2.1:8000")
    const [address] = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ family }) => family === "IPv4")
    expect(originsOf({ HOST: "0.0.0.0" })).to.include(`http://${address?.address}:8000`)
  })

  it("are also those of CORS_ORIGINS, and of PUBLIC_HOSTS at the edge's port and behind a proxy", () => {
    const env = { CORS_ORIGINS: "https://shop.example", PUBLIC_HOSTS: "live.example,tills.example:8443" }
    expect(originsOf(env)).to.include.members([
      "https://shop.example",
      "http://live.example",
      "https://live.example",
      "http://live.example:8000",
      "https://live.example:8000",
      "http://tills.example:8443",
      "https://tills.example:8443",
    ])
    expect(originsOf(env)).not.to.include("https://tills.example")
    expect(allowed(env).allowHost).to.equal("live.example;tills.example:8443;shop.example")
  })

  it("are all with CORS_ORIGINS=*", () => {
    expect(allowed({ CORS_ORIGINS: "*" })).to.include({ allowOrigin: "*", allowHost: "*" })
  })

  it("are taken by the gateway", () => {
    const { origins, hosts } = checkConfig(allowed({ HOST: "::", PUBLIC_HOSTS: "shop_wire" }))
    expect(origins.allows("http://shop_wire:8000")).to.equal(true)
    for (const origin of ["null", "https://evil.example"]) expect(origins.allows(origin), origin).to.equal(false)
    expect(hosts.isForeign("evil.example:8080")).to.equal(true)
    expect(hosts.isForeign("localhost:8080")).to.equal(false)
  })
})
