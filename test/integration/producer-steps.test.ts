import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { type Appended, ProducerAppender } from "../../service/log/producers/producer-appender.ts"
import { RecordStore } from "../../service/log/producers/record-store.ts"
import { openStream, STREAM } from "../../service/log/stream.ts"
import { storedSubject } from "../../service/log/subjects.ts"
import { payloadsOf, publishEvents } from "../helpers/events.ts"
import { startNats } from "../helpers/nats.ts"
import { startNatsCluster } from "../helpers/nats-cluster.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

/** A message of the log: a producer's record, or an event. Reads are not counted. */
const WRITE = /^(?:producers|updates)\.store\./

/** A process of the service that stores producers' requests, and can die, or stand still, before or after any message that it writes. */
class Process {
  readonly appender: ProducerAppender
  readonly nats: NatsConnection
  #written = 0
  #held: (() => void)[] = []

  /**
   * @param writes how many messages it writes before it dies
   * @param held number of the message that waits for `release`
   */
  constructor(nats: NatsConnection, { writes = Infinity, held = 0, replicas = 1 } = {}) {
    this.nats = nats
    const publish: NatsConnection["publish"] = (subject, ...rest) => {
      if (this.#written >= writes) return
      const send = (): void => nats.publish(subject, ...rest)
      if (WRITE.test(subject) && ++this.#written === held) this.#held.push(send)
      else send()
    }
    const limited = new Proxy(nats, {
      get: (target, name) => {
        if (name === "publish") return publish
        const member: unknown = Reflect.get(target, name)
        return typeof member === "function" ? member.bind(target) : member
      },
    })
    const js = new JetStream(limited, { replicas })
    this.appender = new ProducerAppender(js, new RecordStore(js))
  }

  get written(): number {
    return this.#written
  }

  get isHolding(): boolean {
    return this.#held.length > 0
  }

  release(): void {
    for (const send of this.#held.splice(0)) send()
  }
}

describe("ProducerAppender, in processes that die", function () {
  this.timeout(5 * PATIENCE_MS)

  const server = use(async () => {
    const natsServer = await startNats()
    const connections = await Promise.all([1, 2].map(() => connect({ servers: natsServer.url })))
    const [first, second] = connections as [NatsConnection, NatsConnection]
    await openStream(new JetStream(first), { maxAgeDays: 0, maxMiB: 0 })
    return {
      first,
      second,
      stop: async () => {
        await Promise.all(connections.map((each) => each.close()))
        await natsServer.stop()
      },
    }
  })

  const request = (id: string, seq: number, payloads: readonly string[]) => ({
    producer: { id, epoch: 0, seq },
    caller: "ann",
    events: { payloads },
  })

  async function stored(nats: NatsConnection, shopId: string): Promise<number> {
    const jsm = await jetstreamManager(nats, { checkAPI: false })
    const { state } = await jsm.streams.info(STREAM, { subjects_filter: storedSubject(shopId) })
    return state.subjects?.[storedSubject(shopId)] ?? 0
  }

  // Two requests, so that both have records, and the second one notes the first. A batch of 3 events takes 3 messages.
  for (const size of [1, 3]) {
    const messages = 2 * (1 + size)
    it(`stores each once, with ${size} events each, after a death at any of its ${messages + 1} points`, async () => {
      const points = Array.from({ length: messages + 1 }, (_, i) => i)
      await Promise.all(
        points.map(async (writes) => {
          const [shopId, id] = [randomUUID(), randomUUID()]
          const payloads = payloadsOf(publishEvents(2 * size, shopId))
          const requests = [1, 2].map((seq) => request(id, seq, payloads.slice((seq - 1) * size, seq * size)))
          const dying = new Process(server.first, { writes })
          const answered: Appended[] = []
          const dead = (async () => {
            for (const each of requests) answered.push(await dying.appender.append(shopId, each))
          })().catch(() => {}) // It never hears of what it has not sent.
          await until("it to die, or to be done", () => dying.written >= writes || answered.length === 2)
          // What it has sent has arrived, whether it has heard of that or not.
          await server.first.flush()
          const successor = new Process(server.second).appender
          for (const [i, each] of requests.entries()) {
            const again = await successor.append(shopId, each)
            expect((await successor.append(shopId, each)).seqs, `dead after ${writes}`).to.deep.equal(again.seqs)
            if (answered[i] !== undefined) expect(again.seqs, `dead after ${writes}`).to.deep.equal(answered[i].seqs)
            expect(again.answer.missing).to.deep.equal([])
          }
          expect(await stored(server.second, shopId), `dead after ${writes}`).to.equal(2 * size)
          await dead
        }),
      )
    })
  }

  it("stores a request once when a process that stood still sends its event after another one has stored it", async () => {
    for (const held of [1, 2]) {
      const [shopId, id] = [randomUUID(), randomUUID()]
      const each = request(id, 1, payloadsOf(publishEvents(1, shopId)))
      const slow = new Process(server.first, { held })
      const late = slow.appender.append(shopId, each)
      await until("it to stand still", () => slow.isHolding)
      const fast = await new Process(server.second).appender.append(shopId, each)
      expect(fast.answer.repeated).to.equal(false)
      slow.release()
      // Its condition is not met any more, so it looks again.
      expect(await late).to.deep.equal({ ...fast, answer: { ...fast.answer, repeated: true } })
      expect(await stored(server.second, shopId)).to.equal(1)
    }
  })

  it("leaves a short delay of another process alone, so that nothing is published twice", async () => {
    const delay = async (): Promise<{ ms: number; told: unknown[] }> => {
      const [shopId, id] = [randomUUID(), randomUUID()]
      const each = request(id, 1, payloadsOf(publishEvents(1, shopId)))
      const slow = new Process(server.first, { held: 2 })
      const seen = server.second.subscribe(`updates.store.${shopId}`)
      const delayed = slow.appender.append(shopId, each)
      await until("it to stand still", () => slow.isHolding)
      const begin = performance.now()
      const repeated = new Process(server.second).appender.append(shopId, each)
      await sleep(200)
      slow.release()
      const repeats = [(await repeated).answer.repeated, (await delayed).answer.repeated]
      await server.second.flush()
      return { ms: performance.now() - begin, told: [...repeats, seen.getReceived()] }
    }
    // On a busy machine it may be no short one: the other process has patience for a second.
    const { told } = await until("a short delay", async () => {
      const delayed = await delay()
      return delayed.ms < 1000 && delayed
    })
    expect(told).to.deep.equal([true, false, 1])
  })

  it("fails all that wait for a producer when the log does not answer, and says which were not tried", async () => {
    const [shopId, id] = [randomUUID(), randomUUID()]
    const mute = new Process(server.first, { writes: 0 })
    const failed = await Promise.allSettled(
      [1, 2, 3].map((seq) => mute.appender.append(shopId, request(id, seq, payloadsOf(publishEvents(1, shopId))))),
    )
    const errors = failed.map((each) => (each.status === "rejected" ? [each.reason.code, each.reason.data?.tried] : []))
    const tried = ["system.serviceUnavailable", undefined]
    const untried = ["system.serviceUnavailable", false]
    expect(errors).to.deep.equal([tried, untried, untried])
  })

  it("stores each once on three replicas, whatever process takes it, also while the leader changes", async () => {
    const cluster = await startNatsCluster()
    const options = { servers: cluster.urls, maxReconnectAttempts: -1, reconnectTimeWait: 100 }
    const connections = await Promise.all([1, 2, 3].map(() => connect(options)))
    const [nats] = connections as [NatsConnection]
    try {
      const js = new JetStream(nats, { replicas: 3 })
      await until("the stream to be made", () =>
        openStream(js, { maxAgeDays: 0, maxMiB: 0 }).then(
          () => true,
          () => false,
        ),
      )
      const processes = connections.map((each) => new Process(each, { replicas: 3 }).appender)
      const [shopId, id] = [randomUUID(), randomUUID()]
      const payloads = payloadsOf(publishEvents(60, shopId))
      const requests = Array.from({ length: 30 }, (_, i) =>
        request(id, i + 1, payloads.slice(2 * i, 2 * i + (i % 2 === 0 ? 1 : 2))),
      )
      // Each process stores all, one after the other, and tries again what it does not know to be stored.
      const found = await Promise.all(
        processes.map(async (appender, i) => {
          const seqs: number[][] = []
          for (const each of requests) {
            if (i === 0 && seqs.length === 10) nats.publish(`$JS.API.STREAM.LEADER.STEPDOWN.${STREAM}`)
            const store = () => appender.append(shopId, each).catch(() => undefined)
            seqs.push((await until(`${seqs.length} to be stored`, store)).seqs)
          }
          return seqs
        }),
      )
      for (const seqs of found) expect(seqs).to.deep.equal(found[0])
      expect(await stored(nats, shopId)).to.equal(45)
    } finally {
      await Promise.all(connections.map((each) => each.close()))
      await cluster.stop()
    }
  })
})
