import { expect } from "chai"
import { connectNats, model, type NatsConn } from "res-service"
import { ServiceKit } from "res-service/testing"
import { startNats, type TestNats } from "../../../test/helpers/nats.ts"
import { until } from "../../../test/helpers/until.ts"

describe("Service, when nats-server is killed and restarted", () => {
  let nats: TestNats
  const conns: NatsConn[] = []

  before(async () => {
    nats = await startNats()
  })

  after(async () => {
    for (const conn of conns) await conn.close()
    await nats.stop()
  })

  it("sends system.reset once it is connected again, for the events that were lost, and answers as before", async () => {
    // The service's connection is made first, and comes back well after the one that watches it.
    const waits = [300, 10]
    const connect = async () => {
      const reconnectTimeWait = waits.shift() ?? 10
      const conn = await connectNats({ servers: nats.url, reconnectTimeWait, reconnectJitter: 1 })
      conns.push(conn)
      return conn
    }
    let title = "Emma"
    const book = model("library.book.$id", { get: () => ({ title }) })
    const kit = await ServiceKit.start([book], { connect })
    const reset = { subject: "system.reset", payload: { resources: ["library", "library.>"] } }
    expect(await kit.rest()).to.deep.equal([reset])

    await nats.kill()
    await until("the disconnect", () => conns.every((conn) => !conn.connected))
    title = "Persuasion"
    await kit.service.with(book, { id: "1" }, (events) => events.change({ title }))
    await nats.restart()
    // The change is lost; who watched the book gets it again.
    expect(await kit.next()).to.deep.equal([reset])
    expect((await kit.get("library.book.1")).answer.result).to.deep.equal({ model: { title: "Persuasion" } })
    await kit.stop()
  })
})
