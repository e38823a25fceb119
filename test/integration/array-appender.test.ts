import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { connect } from "nats"
import { ResError } from "res-service"
import { shopSubject } from "../../contract/subjects.ts"
import { isNotTried } from "../../contract/unavailable.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { ArrayAppender } from "../../service/log/array-appender.ts"
import { openStream, STREAM } from "../../service/log/stream.ts"
import { startNats } from "../helpers/nats.ts"
import { use } from "../helpers/use.ts"

describe("ArrayAppender", () => {
  const natsServer = use(() => startNats())

  const open = async () => {
    const nats = await connect({ servers: natsServer.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    const js = new JetStream(nats)
    await openStream(js, { maxAgeDays: 0, maxMiB: 0 })
    return { nats, js, arrays: new ArrayAppender(js) }
  }

  const arrayOf = (events: number, name: string) => {
    const subject = shopSubject(randomUUID())
    return Array.from({ length: events }, (_, i) => ({ subject, payload: `${name} ${i}` }))
  }

  it("stores arrays that wait together as one batch of at most 1,000 events, each array whole and in its order", async () => {
    const { nats, js, arrays } = await open()
    const sizes = [2, 300, 500, 200, 1000, 3]
    const acks = await Promise.all(sizes.map((size, i) => arrays.append(arrayOf(size, `array ${i}`))))
    const batches: (string | undefined)[] = []
    for (const [i, size] of sizes.entries()) {
      const last = acks[i]?.seq ?? 0
      const found = await Promise.all([last - size + 1, last].map((seq) => js.message(STREAM, { seq })))
      expect(found.map((message) => message?.string())).to.deep.equal([`array ${i} 0`, `array ${i} ${size - 1}`])
      batches.push(found[0]?.header.get("Nats-Batch-Id"))
    }
    const [first, second, third, fourth, fifth, sixth] = batches
    expect([third, fourth]).to.deep.equal([second, second])
    expect(new Set([first, second, fifth, sixth]).size).to.equal(4)
    await nats.close()
  })

  it("tries no array that waits when nats-server is gone", async () => {
    const { nats, js, arrays } = await open()
    await natsServer.kill()
    const codeOf = (error: unknown) => [ResError.from(error).code, isNotTried(ResError.from(error))]
    const appended = ["first", "second", "third"].map((name) => arrays.append(arrayOf(2, name)).catch(codeOf))
    expect(await Promise.all(appended)).to.deep.equal([
      ["system.serviceUnavailable", false],
      ["system.serviceUnavailable", true],
      ["system.serviceUnavailable", true],
    ])
    await natsServer.restart()
    await js.restore()
    await nats.close()
  })
})
