import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { natsConn } from "res-service"
import { Client, type MirrorEvent } from "res-service/client"
import { createGateway, type Gateway } from "res-service/gateway"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { resClient } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

interface Model {
  readonly props: Record<string, unknown>
  on(event: string, handler: () => void): void
}

describe("nats-server killed and restarted", () => {
  let nats: TestNats
  const open: NatsConnection[] = []
  let title: string
  let gateway: Gateway

  const connection = async (): Promise<NatsConnection> => {
    const nc = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    open.push(nc)
    return nc
  }

  before(async () => {
    nats = await startNats()
    const service = await connection()
    service.subscribe("access.library.>", {
      callback: (_error, { reply = "" }) => service.publish(reply, '{"result":{"get":true,"call":"*"}}'),
    })
    service.subscribe("get.library.book", {
      callback: (_error, { reply = "" }) => service.publish(reply, JSON.stringify({ result: { model: { title } } })),
    })
    await service.flush()
    gateway = createGateway(natsConn(await connection()), { addr: "127.0.0.1", port: 0 })
    await gateway.start()
  })

  beforeEach(() => {
    title = "Emma"
  })

  after(async () => {
    await gateway?.close()
    await Promise.all(open.map((nc) => nc.close()))
    await nats?.stop()
  })

  it("a client of the gateway stays connected and sees what changed meanwhile", async () => {
    const address = `127.0.0.1:${gateway.address.port}`
    const client = resClient(`ws://${address}/`)
    let closes = 0
    client.on("close", () => closes++)
    const book = await client.get<Model>("library.book")
    book.on("change", () => {})
    expect(book.props.title).to.equal("Emma")

    await nats.kill()
    title = "Dune"
    await until(
      "HTTP to say that it can't",
      async () => (await fetch(`http://${address}/api/library/book`)).status === 503,
    )
    await nats.restart()
    await until("the change to arrive", () => book.props.title === "Dune")
    expect(closes).to.equal(0)
    expect((await fetch(`http://${address}/api/library/book`)).status).to.equal(200)
    client.disconnect()
  })

  it("a mirror catches up", async () => {
    const client = new Client(natsConn(await connection()))
    const mirror = client.mirror("library.book")
    await mirror.ready
    const events: MirrorEvent[] = []
    mirror.onEvent((event) => events.push(event))

    await nats.kill()
    title = "Kim"
    await until("calls to be refused", () =>
      client.get("library.book").then(
        () => false,
        (error: { code: string }) => error.code === "system.serviceUnavailable",
      ),
    )
    await nats.restart()
    // After an outage access is asked for anew, too; which of the two answers comes first is open.
    const changes = () => events.filter(({ type }) => type !== "reaccess")
    await until("the change to arrive", () => changes().length > 0)
    expect(changes()).to.deep.equal([{ type: "change", rid: "library.book", changed: { title: "Kim" } }])
    expect(mirror.value).to.deep.equal({ title: "Kim" })
    client.close()
  })
})
