import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { connect } from "nats"
import { natsConn } from "res-service"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { LogReader } from "../../service/log/reader.ts"
import { publishEvent } from "../helpers/events.ts"
import type { Answer } from "../helpers/http.ts"
import { startNats } from "../helpers/nats.ts"
import { TestProducer } from "../helpers/producers.ts"
import { startTestEdge } from "../helpers/product.ts"
import { ServiceProcess } from "../helpers/service-process.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

const KILLS = 8
const PRODUCERS = 3

describe("kill -9 of services while producers send", function () {
  this.timeout(10 * PATIENCE_MS)

  const world = use(async () => {
    const natsServer = await startNats()
    const options = { servers: natsServer.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 }
    const nats = await connect(options)
    const edge = await startTestEdge(natsConn(nats))
    return {
      nats,
      natsServer,
      edgeUrl: `http://127.0.0.1:${edge.port}`,
      stop: async () => {
        await edge.stop()
        await nats.close()
        await natsServer.stop()
      },
    }
  })

  it("stores each request once, in the producer's order, with the answer that it got first", async () => {
    let services = await Promise.all([1, 2].map(() => ServiceProcess.start({ natsPort: world.natsServer.port })))
    let stopped = false
    const run = async (): Promise<{ shopId: string; sent: number; answered: Map<number, string> }> => {
      const shopId = randomUUID()
      const producer = new TestProducer(world.edgeUrl, shopId)
      const answered = new Map<number, string>()
      let sent = 0
      while (!stopped) {
        const seq = ++sent
        const answer = await until(`request ${seq} to be stored`, async () => {
          const got = await producer.send(seq, bodyOf(shopId, seq)).catch(() => undefined)
          return got?.status === 200 && got
        })
        answered.set(seq, whereOf(answer))
        // As a client that has not heard the answer before.
        const again = seq % 5 === 0 && (await producer.send(seq - 1, bodyOf(shopId, seq - 1)).catch(() => undefined))
        if (again && again.status === 200) expect(whereOf(again)).to.equal(answered.get(seq - 1))
      }
      return { shopId, sent, answered }
    }
    const running = Array.from({ length: PRODUCERS }, run)
    await until("the services to answer", async () => (await fetch(`${world.edgeUrl}/readyz`)).status === 200)
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(Math.random() * 400)
      const [oldest, other] = services
      await oldest?.end("SIGKILL")
      services = [...(other ? [other] : []), await ServiceProcess.start({ natsPort: world.natsServer.port })]
    }
    await sleep(300)
    stopped = true
    const producers = await Promise.all(running)
    await Promise.all(services.map((each) => each.end("SIGKILL")))

    const reader = new LogReader(new JetStream(world.nats))
    for (const { shopId, sent, answered } of producers) {
      const stored: PublishEvent[] = []
      for await (const records of reader.records(shopId, 0, Number.MAX_SAFE_INTEGER))
        for (const record of records) if ("event" in record) stored.push(record.event)
      const wanted = Array.from({ length: sent }, (_, i) => bodyOf(shopId, i + 1)).flat()
      expect(stored.map(({ action_id }) => action_id)).to.deep.equal(wanted.map(({ action_id }) => action_id))
      expect(answered.size).to.equal(sent)
    }
  })
})

/** Each third request is an array of two events. Their `action_id`s count within the producer's order. */
function bodyOf(shopId: string, seq: number): PublishEvent | PublishEvent[] {
  const event = (action_id: number): PublishEvent => publishEvent({ shop_id: shopId, action_id })
  return seq % 3 === 0 ? [event(seq * 10), event(seq * 10 + 1)] : event(seq * 10)
}

/** The sequences in an answer. */
function whereOf({ headers, body }: Answer): string {
  return headers.get("x-event-seq") ?? JSON.stringify(body)
}
