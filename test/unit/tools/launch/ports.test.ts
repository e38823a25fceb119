import { once } from "node:events"
import { type AddressInfo, createServer, type Server } from "node:net"
import { expect } from "chai"
import { checkPorts, freePort } from "../../../../tools/launch/ports.ts"
import { StartError } from "../../../../tools/launch/start-error.ts"

const own = { host: "127.0.0.1", hostSetting: "HOST" }

describe("checkPorts()", () => {
  const servers: Server[] = []
  const listen = async (): Promise<number> => {
    const server = createServer().listen(0, "127.0.0.1")
    servers.push(server)
    await once(server, "listening")
    return (server.address() as AddressInfo).port
  }
  const refusal = (...check: Parameters<typeof checkPorts>): Promise<string> =>
    checkPorts(...check).then(
      () => "fine",
      (error: Error) => {
        expect(error).to.be.instanceOf(StartError)
        return error.message
      },
    )

  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  it("names each taken port with the setting that moves it, and leaves free ones alone", async () => {
    const [a, b, free] = [await listen(), await listen(), await listen()]
    await new Promise((resolve) => servers.pop()?.close(resolve))
    const planned = [
      { setting: "EDGE_PORT", port: a, ...own },
      { setting: "GATEWAY_PORT", port: free, ...own },
      { setting: "NATS_PORT", port: b, ...own },
    ]
    expect(await refusal(planned)).to.equal(
      `port ${a} is taken: set EDGE_PORT to another, or stop what listens there\n` +
        `port ${b} is taken: set NATS_PORT to another, or stop what listens there`,
    )
    expect(await refusal(planned.slice(1, 2))).to.equal("fine")
  })

  it("refuses one port for two settings", async () => {
    const planned = [
      { setting: "EDGE_PORT", port: 9000, ...own },
      { setting: "NATS_PORT", port: 9000, ...own },
    ]
    expect(await refusal(planned)).to.equal("EDGE_PORT and NATS_PORT are both 9000: set one of them to another port")
  })

  it("refuses an address that this machine doesn't have", async () => {
    const there = (hostSetting: string) => [{ setting: "A_PORT", port: 9000, host: "203.0.113.7", hostSetting }]
    for (const setting of ["HOST", "NATS_HOST"])
      expect(await refusal(there(setting))).to.equal(`${setting}=203.0.113.7: expected an address of this machine`)
  })
})

describe("freePort()", () => {
  it("gives no port again, though nobody listens on it yet", async () => {
    const { random } = Math
    const chances = Array.from({ length: 50 }, random)
    const given: number[] = []
    try {
      for (let i = 0; i < 10; i++) {
        let next = 0
        // The same port is tried first each time.
        Math.random = () => chances[next++] ?? random()
        given.push(await freePort())
      }
    } finally {
      Math.random = random
    }
    expect(new Set(given).size).to.equal(10)
  })

  it("gives the first of several in a row, and none of these again", async () => {
    const { random } = Math
    const first = await freePort(undefined, 3)
    for (const port of [first, first + 1, first + 2]) {
      let tries = 0
      // The middle of the port's own part of all chances, and then any.
      Math.random = () => (tries++ === 0 ? (port - 10_000 + 0.5) / 22_768 : random())
      expect(await freePort().finally(() => (Math.random = random))).not.to.equal(port)
      expect(tries).to.be.above(1)
    }
  })
})
