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
    ["NATS_URL", "localhost:4222", "expected a URL with nats: or tls:"],
    ["NATS_URL", "http://localhost:4222", "expected a URL with nats: or tls:"],
    ["RESGATE_URL", "ws://localhost:8080", "expected a URL with http: or https:"],
    ["LOG_LEVEL", "loud", ""],
    ["NODE_ENV", "prod", ""],
    ["STREAM_MAX_AGE_DAYS", "-1", "expected a whole number from 0"],
    ["STREAM_MAX_MIB", "1e3", "expected a whole number from 0"],
    ["REQUEST_TIMEOUT_MS", "99", "expected a whole number from 100 to 60000"],
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

  it("leaves user and password of a refused URL out of the message", () => {
    const load = () => loadSettings(["NATS_URL"], { NATS_URL: "http://ann:s3cret@nats.example" })
    expect(load).to.throw(SettingError, 'NATS_URL="***@nats.example"').with.property("message").not.includes("s3cret")
  })
})
