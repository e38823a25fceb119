import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect } from "nats"
import type { Consumption, MessageHeader } from "../../service/jetstream/consumption.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { startNats } from "../helpers/nats.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

const STREAM = "CONSUMED"

describe("Consumption", () => {
  const natsServer = use(() => startNats())

  const consume = async (isUrgent: () => boolean) => {
    const nats = await connect({ servers: natsServer.url })
    const js = new JetStream(nats)
    const { state } = await js.open({ name: STREAM, subjects: ["consumed.>"] })
    const seen: string[] = []
    const headers: MessageHeader[] = []
    let breaks = 0
    const consumption: Consumption = await js.consume(
      STREAM,
      { filter_subjects: ["consumed.a"], opt_start_seq: state.last_seq + 1 },
      {
        onMessage: ({ data, header }) => {
          seen.push(Buffer.from(data).toString())
          headers.push(header)
        },
        isUrgent,
        onBroken: () => breaks++,
      },
    )
    return { nats, js, seen, headers, consumption, breaks: () => breaks }
  }

  for (const isUrgent of [true, false]) {
    it(`takes all messages in order, more than one request brings, when they are ${isUrgent ? "" : "not "}urgent`, async () => {
      const { nats, js, seen, consumption } = await consume(() => isUrgent)
      const expected = Array.from({ length: 4100 }, (_, i) => `${i}`)
      await Promise.all(expected.map((text) => js.publish("consumed.a", text)))
      await js.publish("consumed.b", "of another subject")
      await until("all messages", () => seen.length >= expected.length)
      await js.publish("consumed.a", "last")
      await until("the last one", () => seen.includes("last"))
      expect(seen).to.deep.equal([...expected, "last"])
      consumption.close()
      await js.publish("consumed.a", "after its end")
      await nats.flush()
      expect(seen.at(-1)).to.equal("last")
      await nats.close()
    })
  }

  it("gives a message's headers, also an empty one", async () => {
    const { nats, js, headers } = await consume(() => false)
    await js.publish("consumed.a", "1", { "X-One": "1", "X-Empty": "" })
    await js.publish("consumed.a", "2")
    await until("both", () => headers.length === 2)
    const read = headers.map((header) =>
      ["X-One", "X-Empty", "X-None"].map((name) => [header.has(name), header.get(name)]),
    )
    expect(read).to.deep.equal([
      [
        [true, "1"],
        [true, ""],
        [false, ""],
      ],
      [
        [false, ""],
        [false, ""],
        [false, ""],
      ],
    ])
    await nats.close()
  })

  it("ends with its connection", async () => {
    const { nats, js, seen, breaks } = await consume(() => false)
    await js.publish("consumed.a", "1")
    await until("the message", () => seen.length === 1)
    await nats.close()
    // It asks for more, and looks whether nats-server is silent.
    await sleep(4000)
    expect(breaks()).to.equal(0)
  })

  it("breaks, once, when its consumer is gone", async () => {
    const { nats, seen, breaks, js } = await consume(() => true)
    const manager = await jetstreamManager(nats)
    for await (const { name } of manager.consumers.list(STREAM)) await manager.consumers.delete(STREAM, name)
    await until("that it breaks", () => breaks() === 1)
    await js.publish("consumed.a", "late")
    await nats.flush()
    expect([seen, breaks()]).to.deep.equal([[], 1])
    await nats.close()
  })
})
