import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { loadSettings, SettingError, type SettingName, settingNames } from "../../config/settings.ts"

describe("loadSettings", () => {
  it("gives the documented defaults for an empty environment, and takes an empty variable as unset", () => {
    const settings = loadSettings(settingNames, { EDGE_PORT: "", NATS_URL: "" })
    expect(settings).to.include({ HOST: "127.0.0.1", EDGE_PORT: 8000, GATEWAY_PORT: 8080, NATS_PORT: 4222 })
    expect(settings).to.include({ DATA_DIR: "./data", NATS_URL: undefined, LOG_LEVEL: "info" })
  })

  it("gives numbers as numbers and only what was asked for", () => {
    expect(loadSettings(["EDGE_PORT"], { EDGE_PORT: "9000", LOG_LEVEL: "wrong" })).to.deep.equal({ EDGE_PORT: 9000 })
  })

  const wrong: [SettingName, string, string][] = [
    ["EDGE_PORT", "http", "expected a whole number from 1 to 65535"],
    ["EDGE_PORT", "0", "expected a whole number from 1 to 65535"],
    ["GATEWAY_PORT", "65536", "expected a whole number from 1 to 65535"],
    ["NATS_PORT", "42.5", "expected a whole number from 1 to 65535"],
    ["HOST", "localhost", "expected an IPv4 or IPv6 address"],
    ["RESGATE_URL", "ws://localhost:8080", "expected a URL with http: or https:"],
    ["PUBLIC_GATEWAY_URL", "http://gateway.example", "expected same-origin, or a URL with ws: or wss:"],
    ["LOG_LEVEL", "loud", ""],
    ["NODE_ENV", "prod", ""],
    ["STREAM_MAX_AGE_DAYS", "-1", "expected a whole number from 0"],
    ["STREAM_MAX_MIB", "1e3", "expected a whole number from 0"],
    ["REQUEST_TIMEOUT_MS", "99", "expected a whole number from 100 to 60000"],
    ["CORS_ORIGINS", "https://shop.example/", "expected origins"],
    ["CORS_ORIGINS", "https://shop.example,shop.example", "expected origins"],
    ["PUBLIC_HOSTS", "https://shop.example", "expected host names"],
    ["PUBLIC_HOSTS", "shop.example,,a.example", "expected host names"],
    ["TRUSTED_PROXIES", "10.0.0.0/33", "expected addresses or networks"],
    ["TRUSTED_PROXIES", "proxy.example", "expected addresses or networks"],
    ["RATE_PER_SHOP", "-1", "expected a whole number from 0"],
  ]
  for (const [name, value, expectation] of wrong) {
    it(`refuses ${name}=${value} in one line with variable, value and expectation`, () => {
      expect(() => loadSettings([name], { [name]: value }))
        .to.throw(SettingError)
        .with.property("message")
        .that.satisfies((line: string) => line.startsWith(`${name}="${value}": `) && !line.includes("\n"))
        .and.includes(expectation)
    })
  }

  it("lists the allowed words for LOG_LEVEL=loud", () => {
    expect(() => loadSettings(["LOG_LEVEL"], { LOG_LEVEL: "loud" })).to.throw(SettingError, /"trace".*"error"/)
  })

  it("gives lists as lists", () => {
    const env = { CORS_ORIGINS: "https://a.example, http://localhost:5173", TRUSTED_PROXIES: "10.0.0.0/8,::1" }
    expect(loadSettings(["CORS_ORIGINS", "TRUSTED_PROXIES"], env)).to.deep.equal({
      CORS_ORIGINS: ["https://a.example", "http://localhost:5173"],
      TRUSTED_PROXIES: ["10.0.0.0/8", "::1"],
    })
  })

  describe("a secret", () => {
    let folder: string
    const file = (text: string): string => {
      const path = join(folder, "secret")
      writeFileSync(path, text)
      return path
    }
    const load = (env: NodeJS.ProcessEnv) => loadSettings(["NATS_URL"], env).NATS_URL

    before(() => {
      folder = mkdtempSync(join(tmpdir(), "shopwire-settings-"))
    })

    after(() => rmSync(folder, { recursive: true }))

    it("is never shown, however wrong it is", () => {
      expect(() => load({ NATS_URL: "http://ann:s3cret@nats.example" }))
        .to.throw(SettingError)
        .with.property("message", "NATS_URL=***: expected URLs with nats: or tls:, separated by commas")
      expect(() => load({ NATS_URL_FILE: file("s3cret") })).to.throw(SettingError, /^NATS_URL=\*\*\*: expected/)
    })

    it("is read from the file that <name>_FILE names, without the newline at its end", () => {
      expect(load({ NATS_URL_FILE: file("nats://ann:s3cret@nats.example\n") })).to.deep.equal([
        "nats://ann:s3cret@nats.example",
      ])
      expect(load({ NATS_URL_FILE: "", NATS_URL: "nats://nats.example" })).to.deep.equal(["nats://nats.example"])
    })

    it("is refused when given twice, or when its file is missing", () => {
      const NATS_URL_FILE = file("nats://a.example")
      expect(() => load({ NATS_URL: "nats://b.example", NATS_URL_FILE })).to.throw(
        SettingError,
        /not to be set together with/,
      )
      expect(() => load({ NATS_URL_FILE: "/nowhere" })).to.throw(SettingError, /expected a readable file/)
    })

    it("is nothing that is no secret: a LOG_LEVEL_FILE is not looked at", () => {
      expect(loadSettings(["LOG_LEVEL"], { LOG_LEVEL_FILE: "/nowhere" })).to.deep.equal({ LOG_LEVEL: "info" })
    })
  })
})
