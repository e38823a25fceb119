import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect } from "nats"
import { silentLogger } from "res-service"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { StreamTail } from "../../service/log/tail.ts"
import { startNats } from "../helpers/nats.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

const STREAM = "TAIL"

describe("StreamTail", () => {
  const natsServer = use(() => startNats())

  it("asks for no more messages when it is stopped while it makes a consumer", async () => {
    const nats = await connect({ servers: natsServer.url })
    const js = new JetStream(nats)
    const seen: number[] = []
    const handlers = { onMessage: ({ seq }: { seq: number }) => seen.push(seq), onLost: () => {} }
    let onOpening = (): void => {}
    const open = async () => {
      onOpening()
      return await js.open({ name: STREAM, subjects: ["tail.>"] })
    }
    const source = { stream: STREAM, open }
    const tail = new StreamTail(js, source, ["tail.>"], handlers, silentLogger)
    await tail.start()
    await js.publish("tail.a", "1")
    await until("the message", () => seen.length === 1)

    const stopping = new Promise<void>((resolve) => {
      onOpening = () => resolve(tail.stop())
    })
    await Promise.all([tail.narrow(["tail.a"]), stopping])
    await js.publish("tail.a", "2")
    const manager = await jetstreamManager(nats)
    await until("an end of its requests for messages", async () => {
      const consumers = await manager.consumers.list(STREAM).next()
      return consumers.every(({ num_waiting }) => num_waiting === 0)
    })
    await sleep(50)
    expect(seen).to.deep.equal([1])
    await nats.close()
  })

  it("notices that the stream is replaced while it begins", async () => {
    const nats = await connect({ servers: natsServer.url })
    const js = new JetStream(nats)
    const settings = { name: "REPLACED", subjects: ["replaced.>"] }
    const seen: number[] = []
    let losses = 0
    const handlers = { onMessage: ({ seq }: { seq: number }) => seen.push(seq), onLost: () => losses++ }
    const manager = await jetstreamManager(nats)
    let opens = 0
    const open = async () => {
      const info = await js.open(settings)
      if (opens++ > 0) return info
      await js.publish("replaced.a", "1")
      await js.publish("replaced.a", "2")
      const before = await js.info(settings.name)
      await manager.streams.delete(settings.name)
      await js.restore()
      return before
    }
    const tail = new StreamTail(js, { stream: settings.name, open }, ["replaced.>"], handlers, silentLogger)
    await tail.start()
    await until("that it notices", () => losses === 1)
    await js.publish("replaced.a", "3")
    await until("the new stream's message", () => seen.length === 1)
    expect(seen).to.deep.equal([1])
    await tail.stop()
    await nats.close()
  })
})
