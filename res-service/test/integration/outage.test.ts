import { expect } from "chai"
import { connectNats, model, type NatsConn } from "res-service"
import { ServiceKit } from "res-service/testing"
import { startNats, type TestNats } from "../../../test/helpers/nats.ts"
import { startTcpProxy, type TcpProxy } from "../../../test/helpers/tcp-proxy.ts"
import { until } from "../../../test/helpers/until.ts"

describe("Service, when nats-server is killed and restarted", () => {
  let nats: TestNats
  /** Between the service and nats-server. */
  let proxy: TcpProxy
  const conns: NatsConn[] = []

  before(async () => {
    nats = await startNats()
    proxy = await startTcpProxy({ host: "127.0.0.1", port: nats.port })
  })

  after(async () => {
    for (const conn of conns) await conn.close()
    await proxy.stop()
    await nats.stop()
  })

  it("sends system.reset once it is connected again, for the events that were lost, and answers as before", async () => {
    // The first connection is the service's, the second one the test's.
    const connect = async () => {
      const servers = conns.length === 0 ? `nats://127.0.0.1:${proxy.port}` : nats.url
      const conn = await connectNats({ servers, reconnectTimeWait: 10, reconnectJitter: 1 })
      conns.push(conn)
      return conn
    }
    let title = "Emma"
    const book = model("library.book.$id", { get: () => ({ title }) })
    const kit = await ServiceKit.start([book], { connect })
    const reset = { subject: "system.reset", payload: { resources: ["library", "library.>"] } }
    expect(await kit.rest()).to.deep.equal([reset])

    proxy.refuse()
    await nats.kill()
    await until("the disconnect", () => conns.every((conn) => !conn.connected))
    title = "Persuasion"
    await kit.service.with(book, { id: "1" }, (events) => events.change({ title }))
    await nats.restart()
    await until("the watching connection to be back", () => conns[1]?.connected)
    // So that nats-server knows its subscriptions before the service's reset comes.
    await conns[1]?.flush()
    proxy.heal()
    // The change is lost; subscribers of the book fetch it again.
    expect(await kit.next()).to.deep.equal([reset])
    expect((await kit.get("library.book.1")).answer.result).to.deep.equal({ model: { title: "Persuasion" } })
    await kit.stop()
  })
})
