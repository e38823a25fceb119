import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { JetStreamWriter } from "../../service/jetstream/writer.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"

describe("JetStreamWriter.replace()", () => {
  let natsServer: TestNats
  let nats: NatsConnection

  before(async () => {
    natsServer = await startNats()
    nats = await connect({ servers: natsServer.url })
  })

  after(async () => {
    await nats?.close()
    await natsServer?.stop()
  })

  const outcome = (written: Promise<number>): Promise<number | string> => written.catch((error: Error) => error.message)

  it("stores after the revision that it names, as a bucket's update does, and refuses any other", async () => {
    const bucket = await new Kvm(nats).create("writer", { history: 1 })
    const first = await bucket.put("key", "1")
    const writer = new JetStreamWriter(nats)
    const second = await writer.replace("$KV.writer.key", "2", first)
    expect(second).to.be.above(first)
    expect((await bucket.get("key"))?.string()).to.equal("2")
    expect(await outcome(writer.replace("$KV.writer.key", "3", first))).to.include("wrong last sequence")
    expect((await bucket.get("key"))?.string()).to.equal("2")
  })

  it("lets one of two who write at once win", async () => {
    const bucket = await new Kvm(nats).create("writer", { history: 1 })
    const first = await bucket.put("race", "0")
    const writers = [new JetStreamWriter(nats), new JetStreamWriter(nats)]
    const outcomes = await Promise.all(writers.map((writer) => outcome(writer.replace("$KV.writer.race", "1", first))))
    expect(outcomes.filter((each) => typeof each === "number")).to.have.length(1)
  })

  it("rejects when no stream has the subject, and when the connection is closed", async () => {
    const writer = new JetStreamWriter(nats)
    expect(await outcome(writer.replace("nobody.listens", "1", 0))).to.equal("no stream answers")
    const other = await connect({ servers: natsServer.url })
    const late = new JetStreamWriter(other)
    await other.close()
    expect(await outcome(late.replace("$KV.writer.key", "1", 0))).to.be.a("string")
  })
})
