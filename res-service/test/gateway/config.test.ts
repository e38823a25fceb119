import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { parseCommandLine, UsageError, usage } from "../../src/gateway/command-line.ts"
import { ConfigError, checkConfig, type GatewayConfig, type Settings } from "../../src/gateway/config.ts"
import { parseConfig, readConfigFile } from "../../src/gateway/config-file.ts"
import { natsOptions } from "../../src/gateway/nats-options.ts"

describe("gateway configuration", () => {
  it("has Resgate's defaults", () => {
    const { addr, port, wsPath, apiPath, apiEncoding, origins, requestTimeoutMs } = checkConfig({})
    expect({ addr, port, wsPath, apiPath, apiEncoding, any: origins.any, requestTimeoutMs }).to.deep.equal({
      addr: "0.0.0.0",
      port: 8080,
      wsPath: "/",
      apiPath: "/api/",
      apiEncoding: "json",
      any: true,
      requestTimeoutMs: 3000,
    })
  })

  it("bounds connections and subscriptions by default, and not where 0 is set", () => {
    const maxima = ({ maxSubscriptions, maxConnections, maxConnectionsPerAddress }: Settings) => [
      maxSubscriptions,
      maxConnections,
      maxConnectionsPerAddress,
    ]
    expect(maxima(checkConfig({}))).to.deep.equal([1000, 20_000, 12_000])
    const unbounded = { maxSubscriptions: 0, maxConnections: 0, maxConnectionsPerAddress: 0 }
    expect(maxima(checkConfig(unbounded))).to.deep.equal([Infinity, Infinity, Infinity])
  })

  it("ends the API path with a slash, takes encodings in any case, and small timeouts as seconds", () => {
    const settings = checkConfig({ apiPath: "/rest", apiEncoding: "JSONFlat", requestTimeout: 5 })
    expect(settings.apiPath).to.equal("/rest/")
    expect(settings.apiEncoding).to.equal("jsonflat")
    expect(settings.requestTimeoutMs).to.equal(5000)
  })

  const refused: [GatewayConfig, RegExp][] = [
    [{ addr: "localhost" }, /invalid addr setting \(localhost\): must be a valid IPv4 or IPv6 address/],
    [{ port: 70_000 }, /invalid port/],
    [{ port: 8080, metricsPort: 8080 }, /invalid metricsPort/],
    [{ headerAuth: "vault" }, /invalid headerAuth/],
    [{ headerAuth: "vault.*" }, /invalid headerAuth/],
    [{ wsHeaderAuth: "" }, /invalid wsHeaderAuth/],
    [{ maxSubscriptions: -1 }, /invalid maxSubscriptions setting \(-1\)/],
    [{ maxConnectionsPerAddress: 1.5 }, /invalid maxConnectionsPerAddress/],
    [{ trustedProxies: ["nowhere"] }, /invalid trustedProxies/],
    [{ trustedProxies: ["10.0.0.0/99"] }, /invalid trustedProxies/],
    [{ putMethod: "a.b" }, /invalid putMethod/],
    [{ deleteMethod: "" }, /invalid deleteMethod/],
    [{ patchMethod: "a b" }, /invalid patchMethod/],
    [{ apiEncoding: "xml" }, /available encodings: json, jsonflat/],
    [{ allowOrigin: "*;http://a.example" }, /must not be used together/],
    [{ allowOrigin: "" }, /invalid allowOrigin/],
    [{ allowOrigin: "a.example" }, /doesn't match/],
    [{ allowOrigin: "http://a.example/" }, /doesn't match/],
    [{ allowOrigin: "http://a.example?x" }, /doesn't match/],
    [{ allowOrigin: "http://u@a.example" }, /doesn't match/],
  ]
  for (const [config, message] of refused) {
    it(`refuses ${JSON.stringify(config)}`, () => {
      expect(() => checkConfig(config)).to.throw(ConfigError, message)
    })
  }

  it("finds keys in any case, ignores null, and names those that it does not know", () => {
    expect(parseConfig('{"PORT":8081,"headerAuth":null,"requestTimeout":0,"colour":"red"}')).to.deep.equal({
      config: { port: 8081 },
      unknownKeys: ["colour"],
    })
  })

  for (const text of [
    "",
    "[]",
    "null",
    '{"port":"80"}',
    '{"port":1.5}',
    '{"tls":1}',
    '{"wsPath":5}',
    '{"natsRootCAs":"a"}',
  ]) {
    it(`refuses the file ${JSON.stringify(text)}`, () => {
      expect(() => parseConfig(text)).to.throw(ConfigError)
    })
  }

  it("writes a file with the defaults if there is none", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gateway-config-"))
    const file = join(folder, "config.json")
    try {
      expect(readConfigFile(file).config).to.deep.equal({})
      const written = parseConfig(await readFile(file, "utf8"))
      expect(written.unknownKeys).to.deep.equal([])
      expect(written.config.natsUrl).to.equal("nats://127.0.0.1:4222")
      checkConfig(written.config)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe("gateway command line", () => {
  it("takes Resgate's flags, with one dash or two", () => {
    const line = "-c a.json --nats=nats://n:1 -i 127.0.0.1 -p 9000 -a /rest -w /ws --headauth a.b -DV --wscompression"
    expect(parseCommandLine(line.split(" "))).to.deep.equal({
      action: "run",
      configFile: "a.json",
      overrides: {
        natsUrl: "nats://n:1",
        addr: "127.0.0.1",
        port: 9000,
        apiPath: "/rest",
        wsPath: "/ws",
        headerAuth: "a.b",
        debug: true,
        trace: true,
        wsCompression: true,
      },
    })
  })

  it("collects origins and switches settings off by an empty text", () => {
    const { overrides } = parseCommandLine(["--alloworigin", "http://a", "--alloworigin", "http://b", "--headauth", ""])
    expect(overrides).to.deep.equal({ allowOrigin: "http://a;http://b", headerAuth: null })
  })

  for (const args of [["--colour"], ["--port"], ["--port", "x"], ["--port", "70000"], ["--tls=maybe"]]) {
    it(`refuses ${args.join(" ")}`, () => {
      expect(() => parseCommandLine(args)).to.throw(UsageError)
    })
  }

  it("knows help and version", () => {
    expect(parseCommandLine(["-h"]).action).to.equal("help")
    expect(parseCommandLine(["--version"]).action).to.equal("version")
    expect(usage()).to.match(/-p, --port <port>/)
  })
})

describe("connection to NATS", () => {
  it("is tried for ever, at all addresses, with what the URL says", () => {
    const options = natsOptions({ natsUrl: "nats://me:secret@a:1, b:2" })
    expect(options.servers).to.deep.equal(["a:1", "b:2"])
    expect(options.user).to.equal("me")
    expect(options.pass).to.equal("secret")
    expect(options.maxReconnectAttempts).to.equal(-1)
    expect(options.waitOnFirstConnect).to.equal(true)
  })

  it("needs certificate and key together", () => {
    expect(() => natsOptions({ natsCert: "a.pem" })).to.throw(/natsKey/)
    expect(() => natsOptions({ natsKey: "a.pem" })).to.throw(/natsCert/)
  })
})
