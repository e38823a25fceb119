import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import fc from "fast-check"
import { connect, nanos } from "nats"
import { natsConn } from "res-service"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { STREAM } from "../../service/log/stream.ts"
import { storedSubject } from "../../service/log/subjects.ts"
import { startService } from "../../service/running-service.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { useIssuer } from "../helpers/issuer.ts"
import { producerHeaders, TestProducer, told } from "../helpers/producers.ts"
import { serviceOptions, startTestEdge, useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

describe("a producer", function () {
  this.timeout(3 * PATIENCE_MS)
  const product = useProduct()

  /** A producer with a shop of its own, and its events by sequence. */
  function newProducer(): { producer: TestProducer; shopId: string; event: (n: number) => PublishEvent } {
    const shopId = randomUUID()
    const event = (n: number): PublishEvent => publishEvent({ shop_id: shopId, action_id: n })
    return { producer: new TestProducer(product.edgeUrl, shopId), shopId, event }
  }

  /** The `action_id`s in a shop's log, in its order. */
  async function logged(shopId: string): Promise<number[]> {
    const jsm = await jetstreamManager(product.nats)
    const { state } = await jsm.streams.info(STREAM, { subjects_filter: storedSubject(shopId) })
    const count = Object.values(state.subjects ?? {})[0] ?? 0
    const ids: number[] = []
    for (let seq = 1; ids.length < count; ) {
      const message = await jsm.direct.getMessage(STREAM, { seq, next_by_subj: storedSubject(shopId) })
      if (message === null) break
      ids.push(message.json<PublishEvent>().action_id)
      seq = message.seq + 1
    }
    return ids
  }

  describe("in order", () => {
    it("gets the fixed answer, and headers of its own only for a repetition", async () => {
      const { producer, shopId, event } = newProducer()
      const first = await producer.send(1, event(1))
      expect(first.body).to.deep.equal({ status: `Message sent to shop ID ${shopId}` })
      expect(told(first)).to.deep.equal([200, false, null, null])
      const again = await producer.send(1, event(1))
      expect(again.body).to.deep.equal(first.body)
      expect(told(again)).to.deep.equal([200, true, null, null])
      expect(again.headers.get("x-event-seq")).to.equal(first.headers.get("x-event-seq"))
      expect(await logged(shopId)).to.deep.equal([1])
    })

    it("has its ID, epoch and sequence in the headers of the log's messages, and not in the feed", async () => {
      const { producer, shopId, event } = newProducer()
      const { headers } = await producer.send(1, event(1), { epoch: 7 })
      const jsm = await jetstreamManager(product.nats)
      const message = await jsm.streams.getMessage(STREAM, { seq: Number(headers.get("x-event-seq")) })
      const named = ["Producer-Id", "Producer-Epoch", "Producer-Seq"].map((name) => message?.header.get(name))
      expect(named).to.deep.equal([producer.id, "7", "1"])
      expect(JSON.stringify(await getFeed(product.nats, shopId))).to.not.include(producer.id)
    })

    it("takes each repetition for the one it is, however late, also after a restart of service and NATS", async () => {
      const { producer, shopId, event } = newProducer()
      const seqs: (string | null)[] = []
      for (let n = 1; n <= 40; n++) seqs.push((await producer.send(n, event(n))).headers.get("x-event-seq"))
      const jsm = await jetstreamManager(product.nats)
      // A message ID would be forgotten.
      await jsm.streams.update(STREAM, { duplicate_window: nanos(100) })
      await sleep(150)
      await product.restartNats()
      await product.restartService()
      await until("the edge to be ready", async () => (await fetch(`${product.edgeUrl}/readyz`)).ok)
      for (const n of [1, 2, 7, 20, 39, 40]) {
        const again = await producer.send(n, event(n))
        expect(told(again), `${n}`).to.deep.equal([200, true, null, null])
        expect(again.headers.get("x-event-seq"), `${n}`).to.equal(seqs[n - 1])
        const other = await producer.send(n, event(n + 1))
        expect(told(other), `${n}`).to.deep.equal([409, false, null, "store.producerConflict"])
      }
      expect(await logged(shopId)).to.deep.equal(Array.from({ length: 40 }, (_, i) => i + 1))
    })

    it("stores an array once, with 1 to 1,000 events, and refuses another one under its sequence", async () => {
      const { producer, shopId, event } = newProducer()
      const all = publishEvents(1000, shopId)
      const first = await producer.send(1, all)
      expect(first.status).to.equal(200)
      expect(first.body).to.have.length(1000)
      expect(await producer.send(2, [event(1001)])).to.include({ status: 200 })
      const again = await producer.send(1, all)
      expect(again.body).to.deep.equal(first.body)
      expect(again.headers.get("producer-repeated")).to.equal("true")
      for (const other of [all.slice(1), all.toReversed(), all[0]])
        expect((await producer.send(1, other)).body.code).to.equal("store.producerConflict")
      expect((await producer.send(3, publishEvents(1001, shopId))).status).to.equal(413)
      expect(await logged(shopId)).to.have.length(1001)
    })

    it("gets a problem for events that cannot be stored, and may store others under the sequence", async () => {
      const { producer, event } = newProducer()
      expect((await producer.send(1, { ...event(1), action: 5 })).status).to.equal(422)
      expect((await producer.send(1, publishEvent())).body.code).to.equal("store.shopMismatch")
      expect(told(await producer.send(1, event(1)))).to.deep.equal([200, false, null, null])
    })

    it("is answered at POST /send, and on RES with the missing sequences as ranges", async () => {
      const { producer, shopId, event } = newProducer()
      const headers = producerHeaders({ id: producer.id, epoch: 0, seq: 3 })
      const sent = await post(`${product.edgeUrl}/send`, event(3), headers)
      expect(told(sent)).to.deep.equal([200, false, "1-2", [1, 2]])
      const params = { events: [event(5)], producer: { id: producer.id.toUpperCase(), epoch: 0, seq: 5 } }
      const { result } = await resRequest(product.nats, `call.store.${shopId}.feed.publish`, { params })
      const missing = [
        [1, 2],
        [4, 4],
      ]
      expect(result.producer).to.deep.equal({ repeated: false, missing })
      const both = { ...params, idempotency_key: "key" }
      const refused = await resRequest(product.nats, `call.store.${shopId}.feed.publish`, { params: both })
      expect(refused.error?.code).to.equal("system.invalidParams")
    })
  })

  describe("with gaps", () => {
    it("stores what comes behind a gap, says what is missing until it comes, and marks that as late", async () => {
      const { producer, shopId, event } = newProducer()
      const answers = []
      for (const n of [1, 2, 6, 9, 4, 3, 5, 8, 7, 10]) answers.push(told(await producer.send(n, event(n))))
      expect(answers).to.deep.equal([
        [200, false, null, null],
        [200, false, null, null],
        [200, false, "3-5", [3, 4, 5]],
        [200, false, "3-5,7-8", [3, 4, 5, 7, 8]],
        [200, false, "3,5,7-8", [3, 5, 7, 8]],
        [200, false, "5,7-8", [5, 7, 8]],
        [200, false, "7-8", [7, 8]],
        [200, false, "7", [7]],
        [200, false, null, null],
        [200, false, null, null],
      ])
      const shown = (await getFeed(product.nats, shopId)).toReversed()
      expect(shown.map(({ action_id, late }) => [action_id, late])).to.deep.equal([
        ...[1, 2, 6, 9].map((n) => [n, undefined]),
        ...[4, 3, 5, 8, 7].map((n) => [n, true]),
        [10, undefined],
      ])
      const [, oldest] = shown
      expect(oldest).to.not.have.property("late")
    })

    it("says so with arrays in the header only, and of many missing ones the first hundred in the body", async () => {
      const { producer, event } = newProducer()
      const array = await producer.send(4, [event(4)])
      expect(array.headers.get("producer-missing")).to.equal("1-3")
      expect(array.body).to.have.length(1)
      const far = await producer.send(Number.MAX_SAFE_INTEGER, event(5))
      expect(far.headers.get("producer-missing")).to.equal(`1-3,5-${Number.MAX_SAFE_INTEGER - 1}`)
      const listed = [1, 2, 3, ...Array.from({ length: 97 }, (_, i) => i + 5)]
      expect(far.body.missing).to.deep.equal(listed)
    })

    it("refuses what would make more than a hundred gaps, until one is filled", async () => {
      const { producer, shopId, event } = newProducer()
      for (let n = 2; n <= 200; n += 2) expect((await producer.send(n, event(n))).status).to.equal(200)
      const refused = await producer.send(202, event(202))
      expect(told(refused)).to.deep.equal([409, false, null, "store.producerGaps"])
      expect((await producer.send(3, event(3))).status).to.equal(200)
      expect((await producer.send(202, event(202))).status).to.equal(200)
      expect((await producer.send(1, event(1), { epoch: 1 })).headers.get("producer-missing")).to.equal(null)
      expect(await logged(shopId)).to.have.length(103)
    })

    it("stores each once, in any order and with repetitions, at one time or one after the other", async () => {
      const order = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 25 })
      await fc.assert(
        fc.asyncProperty(order, fc.boolean(), async (seqs, atOnce) => {
          const { producer, shopId, event } = newProducer()
          const sent = []
          for (const n of seqs) {
            const sending = producer.send(n, n % 3 === 0 ? publishEvents(n, shopId) : event(n))
            sent.push(atOnce ? sending : await sending)
          }
          const answers = await Promise.all(sent)
          expect(answers.map(({ status }) => status)).to.deep.equal(seqs.map(() => 200))
          const ofSeq = new Map<number, string>()
          for (const [i, { headers, body }] of answers.entries()) {
            const where = headers.get("x-event-seq") ?? JSON.stringify(body)
            expect(ofSeq.get(seqs[i] ?? 0) ?? where, `sequence ${seqs[i]}`).to.equal(where)
            ofSeq.set(seqs[i] ?? 0, where)
          }
          const stored = [...new Set(seqs)].reduce((sum, n) => sum + (n % 3 === 0 ? n : 1), 0)
          expect(await logged(shopId)).to.have.length(stored)
        }),
        { numRuns: 15 },
      )
    })
  })

  describe("with epochs", () => {
    it("begins again at 1 in a newer one, and older ones are refused, repetitions too", async () => {
      const { producer, shopId, event } = newProducer()
      await producer.send(1, event(1))
      await producer.send(4, event(2))
      expect(told(await producer.send(1, event(3), { epoch: 5 }))).to.deep.equal([200, false, null, null])
      for (const [seq, n] of [
        [1, 1],
        [5, 4],
      ] as const) {
        const refused = await producer.send(seq, event(n), { epoch: 4 })
        expect(told(refused)).to.deep.equal([409, false, null, "store.producerFenced"])
      }
      const { error } = await resRequest(product.nats, `call.store.${shopId}.feed.publish`, {
        params: { events: event(5), producer: { id: producer.id, epoch: 0, seq: 9 } },
      })
      expect(error).to.deep.include({ code: "store.producerFenced", data: { epoch: 5 } })
      expect(told(await producer.send(1, event(3), { epoch: 5 }))).to.deep.equal([200, true, null, null])
      expect(told(await producer.send(2, event(4), { epoch: 5 }))).to.deep.equal([200, false, null, null])
      expect(await logged(shopId)).to.deep.equal([1, 2, 3, 4])
    })

    it("goes from 0 to 2^53 - 1", async () => {
      const { producer, event } = newProducer()
      for (const epoch of [0, 1, Number.MAX_SAFE_INTEGER])
        expect((await producer.send(1, event(1), { epoch })).status).to.equal(200)
    })

    it("stores none of two devices' requests twice, and tells the one that was slower", async () => {
      const { producer, shopId, event } = newProducer()
      const answers = await Promise.all([1, 2].map((device) => producer.send(1, event(device))))
      expect(answers.map(({ status }) => status).toSorted()).to.deep.equal([200, 409])
      expect(await logged(shopId)).to.have.length(1)
    })
  })

  describe("that asks wrongly", () => {
    const good = { "producer-id": randomUUID(), "producer-epoch": "0", "producer-seq": "1" }
    const idProblem = { header: "Producer-Id", detail: "expected a UUID" }
    const missing = (header: string) => ({ header, detail: "is missing" })
    const cases: readonly (readonly [what: string, headers: Record<string, string>, errors: readonly object[]])[] = [
      ["only an ID", { "producer-id": good["producer-id"] }, [missing("Producer-Epoch"), missing("Producer-Seq")]],
      ["only a sequence", { "producer-seq": "1" }, [missing("Producer-Id"), missing("Producer-Epoch")]],
      ["no ID", { "producer-epoch": "0", "producer-seq": "1" }, [missing("Producer-Id")]],
      ["no UUID", { ...good, "producer-id": "phone" }, [idProblem]],
      ["an empty ID", { ...good, "producer-id": "" }, [idProblem]],
      ...["0", "-1"].map(
        (seq) =>
          [
            `the sequence ${seq}`,
            { ...good, "producer-seq": seq },
            [
              {
                header: "Producer-Seq",
                detail: seq === "0" ? "expected 1 or more" : "expected an integer of at most 2^53 - 1",
              },
            ],
          ] as const,
      ),
      ...["9007199254740992", "99999999999999999999", "1.5", "1e3", "0x1", "one", "", "007", "+1", "1, 2"].map(
        (seq) =>
          [
            `the sequence "${seq}"`,
            { ...good, "producer-seq": seq },
            [{ header: "Producer-Seq", detail: "expected an integer of at most 2^53 - 1" }],
          ] as const,
      ),
      [
        "an epoch below 0 and a text as sequence",
        { ...good, "producer-epoch": "-1", "producer-seq": "x" },
        ["Producer-Epoch", "Producer-Seq"].map((header) => ({
          header,
          detail: "expected an integer of at most 2^53 - 1",
        })),
      ],
      [
        "an Idempotency-Key, too",
        { ...good, "idempotency-key": "key" },
        [{ header: "Idempotency-Key", detail: "expected no key beside a producer" }],
      ],
    ]
    for (const [what, headers, errors] of cases) {
      it(`gets 400, with an entry for each header, given ${what}`, async () => {
        const event = publishEvent()
        const {
          status,
          headers: answered,
          body,
        } = await post(`${product.edgeUrl}/publish/${event.shop_id}`, event, headers)
        expect(status).to.equal(400)
        expect(answered.get("content-type")).to.include("application/problem+json")
        expect(body.errors).to.deep.equal(errors)
        expect(await logged(event.shop_id)).to.deep.equal([])
      })
    }

    it("may write its ID in any case, with dashes or without", async () => {
      const { producer, shopId, event } = newProducer()
      await producer.send(1, event(1))
      for (const id of [producer.id.toUpperCase(), producer.id.replaceAll("-", "")]) {
        const headers = producerHeaders({ id, epoch: 0, seq: 1 })
        const again = await post(`${product.edgeUrl}/publish/${shopId}`, event(1), headers)
        expect(told(again)).to.deep.equal([200, true, null, null])
      }
    })

    it("gets 422 on RES with the path of each wrong member", async () => {
      const { shopId, event } = newProducer()
      const { error } = await resRequest(product.nats, `call.store.${shopId}.feed.publish`, {
        params: { events: event(1), producer: { id: "x", epoch: 1.5, seq: "1" } },
      })
      expect(error?.code).to.equal("system.invalidParams")
      const data = error?.data as { errors: { path: string[] }[] } | undefined
      expect(data?.errors.map(({ path }) => path)).to.deep.equal(
        ["id", "epoch", "seq"].map((name) => ["producer", name]),
      )
    })
  })

  describe("at two edges and two services", () => {
    const second = use(async () => {
      const servers = product.natsServer.url
      const service = await startService(() => connect({ servers, maxReconnectAttempts: -1 }), serviceOptions)
      const nats = await connect({ servers, maxReconnectAttempts: -1 })
      const edge = await startTestEdge(natsConn(nats))
      return {
        edgeUrl: `http://127.0.0.1:${edge.port}`,
        stop: async () => {
          await edge.stop()
          await service.stop()
          await nats.close()
        },
      }
    })

    it("stores a request once that comes 20 times at once, and answers each with 200", async () => {
      for (const array of [false, true]) {
        const { producer, shopId, event } = newProducer()
        const body = array ? publishEvents(5, shopId) : event(1)
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            producer.send(1, body, { edgeUrl: i % 2 === 0 ? product.edgeUrl : second.edgeUrl }),
          ),
        )
        expect(answers.map(({ status }) => status)).to.deep.equal(Array(20).fill(200))
        expect(answers.filter(({ headers }) => headers.get("producer-repeated") === null)).to.have.length(1)
        const [first] = answers
        for (const { headers, body } of answers) {
          expect(body).to.deep.equal(first?.body)
          expect(headers.get("x-event-seq")).to.equal(first?.headers.get("x-event-seq"))
        }
        expect(await logged(shopId)).to.have.length(array ? 5 : 1)
      }
    })

    it("stores each of 60 requests once that come at once, twice each, whatever service takes them", async () => {
      const { producer, shopId, event } = newProducer()
      const seqs = Array.from({ length: 60 }, (_, i) => i + 1)
      const answers = await Promise.all(
        [product.edgeUrl, second.edgeUrl].flatMap((edgeUrl) =>
          seqs.map((n) => producer.send(n, event(n), { edgeUrl })),
        ),
      )
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(120).fill(200))
      expect((await logged(shopId)).toSorted((a, b) => a - b)).to.deep.equal(seqs)
      expect(told(await producer.send(1, event(1)))).to.deep.equal([200, true, null, null])
    })
  })

  describe("whose events or records are gone", () => {
    it("gets 200 for a repetition of an erased event, which is not stored again", async () => {
      for (const isLast of [true, false]) {
        const { producer, shopId, event } = newProducer()
        const shopper_id = randomUUID()
        const erased = { ...event(1), shopper_id }
        const first = await producer.send(1, erased)
        if (!isLast) await producer.send(2, event(2))
        const deleted = await fetch(`${product.edgeUrl}/shoppers/${shopper_id}`, { method: "DELETE" })
        expect(deleted.status).to.equal(200)
        await product.restartService()
        const again = await producer.send(1, erased)
        expect(told(again)).to.deep.equal([200, true, null, null])
        expect(again.headers.get("x-event-seq")).to.equal(first.headers.get("x-event-seq"))
        expect(await logged(shopId)).to.deep.equal(isLast ? [] : [2])
      }
    })

    it("gets 200 with the sequence 0 when the log has dropped the beginning, and the end is known", async () => {
      const { producer, shopId, event } = newProducer()
      for (let n = 1; n <= 5; n++) await producer.send(n, event(n))
      const third = Number((await producer.send(3, event(3))).headers.get("x-event-seq"))
      const jsm = await jetstreamManager(product.nats)
      await jsm.streams.purge(STREAM, { seq: third + 2 })
      await product.restartService()
      const again = await producer.send(1, event(1))
      expect(told(again)).to.deep.equal([200, true, null, null])
      expect(again.headers.get("x-event-seq")).to.equal("0")
      const array = await producer.send(2, [event(2)])
      expect(array.body).to.deep.equal([{ status: `Message sent to shop ID ${shopId}`, seq: 0 }])
      expect(told(await producer.send(6, event(6)))).to.deep.equal([200, false, null, null])
    })

    it("starts again with another log, and does not mix its sequences with the old ones", async () => {
      const { producer, shopId, event } = newProducer()
      for (let n = 1; n <= 3; n++) await producer.send(n, event(n))
      const jsm = await jetstreamManager(product.nats)
      await jsm.streams.delete(STREAM)
      const answer = await producer.send(4, event(4))
      expect(told(answer)).to.deep.equal([200, false, "1-3", [1, 2, 3]])
      expect(told(await producer.send(1, event(1)))).to.deep.equal([200, false, "2-3", [2, 3]])
      expect(await logged(shopId)).to.deep.equal([4, 1])
    })
  })

  it("gets 503 with Retry-After while NATS is away, and stores the request once when it sends it again", async () => {
    const { producer, shopId, event } = newProducer()
    await producer.send(1, event(1))
    await product.natsServer.kill()
    const away = await producer.send(2, event(2))
    expect([away.status, away.headers.get("retry-after")]).to.deep.equal([503, "1"])
    await product.restartNats()
    for (let repeats = 0; repeats < 2; repeats++) {
      let answer = await producer.send(2, event(2))
      while (answer.status === 503) answer = await producer.send(2, event(2))
      expect(answer.status).to.equal(200)
    }
    expect(await logged(shopId)).to.deep.equal([1, 2])
  })
})

describe("a producer, with tokens", () => {
  const issuer = useIssuer()
  const product = useProduct(() => ({ auth: { verifier: issuer.verifier, cookie: undefined } }))

  it("is its user's: another user can neither fence it nor see what it has stored, but has one of the same ID", async () => {
    const event = publishEvent()
    const producer = new TestProducer(product.edgeUrl, event.shop_id)
    const send = async (sub: string, seq: number, epoch: number, body: unknown = event) =>
      await producer.send(seq, body, {
        epoch,
        headers: { authorization: `Bearer ${await issuer.token({ role: "admin", sub })}` },
      })
    expect(told(await send("ann", 1, 0))).to.deep.equal([200, false, null, null])
    expect(told(await send("eve", 1, 9, { ...event, action: "REMOVE" }))).to.deep.equal([200, false, null, null])
    expect(told(await send("ann", 2, 0))).to.deep.equal([200, false, null, null])
    expect(told(await send("eve", 2, 0))).to.deep.equal([409, false, null, "store.producerFenced"])
    expect((await producer.send(3, event)).status).to.equal(401)
  })
})
