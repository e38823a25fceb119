import { once } from "node:events"
import { type AddressInfo, connect as connectSocket, createServer } from "node:net"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { startNats, type TestNats } from "../../../test/helpers/nats.ts"
import { startTcpProxy } from "../../../test/helpers/tcp-proxy.ts"
import { until } from "../../../test/helpers/until.ts"
import { connectOncePerTurn } from "../../src/mod.ts"

/** Larger than what the kernel might join by itself. */
const LARGE = new Uint8Array(2000)
const PONG = Buffer.from("PONG\r\n")

describe("connectOncePerTurn", () => {
  let server: TestNats
  let listener: NatsConnection
  const received: string[] = []
  const ends: (() => Promise<void>)[] = []

  const open = async (port: number): Promise<NatsConnection> => {
    const nc = await connectOncePerTurn({ servers: `127.0.0.1:${port}`, reconnectTimeWait: 50 })
    ends.unshift(() => nc.close())
    return nc
  }

  /** Publishes five messages, with steps of a promise between them. */
  const publishFive = async (nc: NatsConnection, payload: string | Uint8Array): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      nc.publish(`turn.${i}`, payload)
      await Promise.resolve()
    }
  }

  before(async () => {
    server = await startNats()
    listener = await connect({ servers: server.url })
    listener.subscribe("turn.>", { callback: (_, { subject }) => void received.push(subject) })
    await listener.flush()
  })

  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
    received.length = 0
  })

  after(async () => {
    await listener.close()
    await server.stop()
  })

  it("sends in the order of the calls, whatever promises lie between them", async () => {
    await publishFive(await open(server.port), "")
    await until("all messages", () => received.length === 5)
    expect(received).to.deep.equal(["turn.0", "turn.1", "turn.2", "turn.3", "turn.4"])
  })

  it("writes to its socket once for what the promises of a turn have published", async () => {
    const counter = await startCounter(server.port)
    ends.push(counter.stop)
    const nc = await open(counter.port)
    await nc.flush()
    const before = counter.chunks
    await publishFive(nc, LARGE)
    await until("all messages", () => received.length === 5)
    expect(counter.chunks - before).to.equal(1)
  })

  it("sends what was published right before it is drained, or in the promise step before it is closed", async () => {
    const drained = await open(server.port)
    drained.publish("turn.drained", "")
    await drained.drain()
    const closed = await open(server.port)
    closed.publish("turn.closed", "")
    // The official client loses it without this, too.
    await Promise.resolve()
    await closed.close()
    await until("both messages", () => received.length === 2)
  })

  it("goes on after its connection was cut", async () => {
    const proxy = await startTcpProxy({ host: "127.0.0.1", port: server.port })
    ends.push(() => proxy.stop())
    const nc = await open(proxy.port)
    nc.publish("turn.lost", "")
    proxy.cut()
    await until("a message over the new connection", () => {
      nc.publish("turn.again", "")
      return received.includes("turn.again")
    })
  })
})

interface Counter {
  readonly port: number
  /** Chunks that have come from clients, but for answers to nats-server's PING: each is what one write has sent, if it is small. */
  readonly chunks: number
  stop(): Promise<void>
}

/** Passes connections on to a port, and counts what comes. */
async function startCounter(target: number): Promise<Counter> {
  let chunks = 0
  const server = createServer((near) => {
    const far = connectSocket(target, "127.0.0.1")
    near.on("data", (chunk: Buffer) => {
      // nats-server sends a PING of its own after some seconds.
      if (!chunk.equals(PONG)) chunks++
    })
    near.pipe(far).pipe(near)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    port: (server.address() as AddressInfo).port,
    get chunks() {
      return chunks
    },
    stop: async () => {
      server.close()
      await once(server, "close")
    },
  }
}
