import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { type Conn, deferredConn, model, ResError } from "res-service"
import { Client } from "res-service/client"
import { MemoryBroker, ServiceKit } from "res-service/testing"

describe("deferredConn()", () => {
  it("is disconnected until the connection is made, and then makes the subscriptions that were asked for", async () => {
    const broker = new MemoryBroker()
    let made: (conn: Conn) => void = () => {}
    const conn = deferredConn(new Promise<Conn>((resolve) => (made = resolve)))
    const statuses: string[] = []
    const seen: string[] = []
    conn.onStatus((status) => statuses.push(status))
    conn.subscribe("a.*", (msg) => seen.push(msg.subject))
    conn.subscribe("a.*", () => seen.push("not any more")).unsubscribe()
    conn.publish("a.lost", "")
    expect(conn.connected).to.equal(false)

    made(broker.connect())
    await sleep(0)
    expect(conn.connected).to.equal(true)
    conn.publish("a.b", "")
    await conn.flush()
    expect(seen).to.deep.equal(["a.b"])
    broker.disconnect()
    expect(conn.connected).to.equal(false)
    expect(statuses).to.deep.equal(["connected", "disconnected"])
  })

  it("lets a client refuse at first, and work once connected", async () => {
    const broker = new MemoryBroker()
    const kit = await ServiceKit.start([model("library.book.$id", { get: () => ({ a: 1 }) })], {
      connect: () => broker.connect(),
    })
    let made: (conn: Conn) => void = () => {}
    const client = new Client(deferredConn(new Promise<Conn>((resolve) => (made = resolve))))
    const refused = await client.get("library.book.1").catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(ResError).with.property("code", "system.serviceUnavailable")
    made(broker.connect())
    await sleep(0)
    expect(await client.get("library.book.1")).to.deep.equal({ model: { a: 1 } })
    client.close()
    await kit.stop()
  })

  it("is closed when the connection cannot be made", async () => {
    const conn = deferredConn(Promise.reject(new Error("no server")))
    const closed = new Promise((resolve) => conn.onStatus(resolve))
    expect(await closed).to.equal("closed")
    expect(await conn.flush().catch((error: Error) => error.message)).to.equal("no server")
  })
})
