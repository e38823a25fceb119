import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { connect as connectTcp } from "node:net"
import { gzipSync } from "node:zlib"
import { expect } from "chai"
import { PublishEvent } from "../../contract/publish-event.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { type Answer, post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { rawRequest } from "../helpers/raw-request.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

describe("POST /publish/{shop_id}", () => {
  const product = useProduct()

  describe("bad input", () => {
    const shopId = randomUUID()
    const event = publishEvent({ shop_id: shopId })
    let url: string

    before(() => {
      url = `${product.edgeUrl}/publish/${shopId}`
    })

    afterEach("nothing of it was stored", async () => {
      expect(await getFeed(product.nats, shopId)).to.deep.equal([])
    })

    function expectProblem(answer: Answer, status: number, pointers: string[] = []): void {
      expect(answer.status).to.equal(status)
      expect(answer.headers.get("content-type")).to.match(/^application\/problem\+json/)
      expect(answer.body).to.include({ type: "about:blank", status })
      expect(answer.body.detail).to.be.a("string").that.is.not.empty
      expect(answer.body.request_id).to.equal(answer.headers.get("x-request-id"))
      const found = (answer.body.errors ?? []).map((entry: { pointer: string }) => entry.pointer)
      expect(found).to.have.members(pointers)
      for (const entry of answer.body.errors ?? []) expect(entry.detail).to.be.a("string").that.is.not.empty
    }

    describe("what is no JSON", () => {
      it("answers 400 given text", async () => expectProblem(await post(url, "not JSON"), 400))
      it("answers 400 given an empty body", async () => expectProblem(await post(url, ""), 400))
      it("answers 400 given NaN", async () =>
        expectProblem(await post(url, JSON.stringify(event).replace("12.18", "NaN")), 400))
      it("answers 400 given bytes that are no UTF-8", async () =>
        expectProblem(await post(url, Buffer.from(JSON.stringify(event).replace("FUJI", "\xff"), "latin1")), 400))
      it("answers 415 given another content type", async () =>
        expectProblem(await post(url, JSON.stringify(event), { "content-type": "text/plain" }), 415))
      it("answers 415 given another charset", async () =>
        expectProblem(await post(url, event, { "content-type": "application/json; charset=utf-16" }), 415))
    })

    describe("what is no object", () => {
      for (const body of ["5", '"text"', "null", "true"]) {
        it(`answers 422 given ${body}`, async () => expectProblem(await post(url, body), 422, ["#"]))
      }
      it("answers 422 given an empty array", async () => expectProblem(await post(url, []), 422, ["#"]))
    })

    describe("each field", () => {
      for (const field of Object.keys(PublishEvent.shape)) {
        it(`answers 422 and names ${field} when it is missing, null or of another type`, async () => {
          for (const value of [undefined, null, {}, [], true]) {
            expectProblem(await post(url, { ...event, [field]: value }), 422, [`#/${field}`])
          }
        })
      }

      const wrong: [keyof PublishEvent, unknown, string][] = [
        ["session_id", "4e29b2d3-7c8a-146e-a4e1-d8e2a51c0e94", "a UUID of version 1"],
        ["shopper_id", "00000000-0000-0000-0000-000000000000", "the nil UUID"],
        ["action_id", 1.5, "a fraction"],
        ["product_id", 2 ** 53, "an integer beyond 2^53 - 1"],
        ["product_price", 1e300, "a number beyond 2^53 - 1"],
        ["create_time", "yesterday", "a word"],
        ["create_time", "2023-02-30T10:30:00Z", "a day that does not exist"],
        ["UPC", 42100005264, "a number for a text"],
      ]
      for (const [field, value, what] of wrong) {
        it(`answers 422 given ${what} as ${field}`, async () =>
          expectProblem(await post(url, { ...event, [field]: value }), 422, [`#/${field}`]))
      }

      it("answers 422 given a number that is too large for JSON readers", async () =>
        expectProblem(await post(url, JSON.stringify(event).replace("12.18", "1e999")), 422, ["#/basket_total"]))

      it("names every wrong field at once", async () =>
        expectProblem(await post(url, { shop_id: shopId, action: 1 }), 422, [
          ...Object.keys(PublishEvent.shape)
            .filter((field) => field !== "shop_id")
            .map((field) => `#/${field}`),
        ]))
    })

    describe("the shop", () => {
      it("answers 422 when the body's shop is not the path's", async () =>
        expectProblem(await post(url, publishEvent()), 422, ["#/shop_id"]))

      for (const path of [
        "x",
        "*",
        ">",
        "a.b",
        "a%20b",
        "a%2Fb",
        "123e4567-e89b-42d3-a456-426614174000.feed",
        "123e4567-e89b-12d3-a456-426614174000",
        "%E2%82%AC",
      ]) {
        it(`answers 422 given the path /publish/${path.slice(0, 12)}`, async () => {
          const answer = await post(`${product.edgeUrl}/publish/${path}`, event)
          expectProblem(answer, 422, [undefined as unknown as string])
          expect(answer.body.errors).to.deep.equal([{ parameter: "shop_id", detail: "expected a UUID version 4" }])
        })
      }

      it("answers 400 given a path that cannot be decoded", async () =>
        expectProblem(await post(`${product.edgeUrl}/publish/%E0%A4%A`, event), 400))
      it("answers 404 given a path with a further part", async () =>
        expectProblem(await post(`${url}/more`, event), 404))
    })

    describe("size", () => {
      it("answers 413 given an event of more than 8 KiB", async () =>
        expectProblem(await post(url, { ...event, product_name: "x".repeat(8192) }), 413, ["#"]))
      it("answers 413 given a text of 1 MB", async () =>
        expectProblem(await post(url, { ...event, product_name: "x".repeat(1_000_000) }), 413))
      it("answers 413 given a body of 10 MB", async () => expectProblem(await post(url, "x".repeat(10_000_000)), 413))
      it("answers 413 given a body that grows when it is written again", async () =>
        expectProblem(await post(url, `[${"1e20,".repeat(100_000)}1]`), 413))
      it("answers 413 given a gzip bomb", async () => {
        const bomb = gzipSync(Buffer.alloc(50_000_000, " "))
        expect(bomb.length).to.be.below(60_000)
        expectProblem(await post(url, bomb, { "content-encoding": "gzip" }), 413)
      })
      it("answers 400 given broken gzip", async () =>
        expectProblem(await post(url, "no gzip", { "content-encoding": "gzip" }), 400))
      it("answers 415 given an unknown encoding", async () =>
        expectProblem(await post(url, event, { "content-encoding": "zip" }), 415))
      it("answers 422 given 100,000 nested arrays", async () =>
        expectProblem(await post(url, `${"[".repeat(100_000)}${"]".repeat(100_000)}`), 422))
      it("ends a request whose headers are not HTTP", async () => {
        const { port } = new URL(product.edgeUrl)
        const socket = connectTcp(Number(port), "127.0.0.1")
        socket.end("\x00\x01 no HTTP\r\n\r\n")
        const [data] = (await once(socket, "data")) as [Buffer]
        expect(data.toString()).to.match(/^HTTP\/1.1 400/)
        socket.destroy()
      })
    })

    describe("arrays", () => {
      it("stores nothing when one element is bad, and says which", async () => {
        const events = publishEvents(5, shopId)
        expectProblem(await post(url, [...events, { ...event, action_id: "x" }, event]), 422, ["#/5/action_id"])
      })
      it("stores nothing when one element is another shop's, and says which", async () =>
        expectProblem(await post(url, [event, publishEvent()]), 422, ["#/1/shop_id"]))
      it("stores nothing when one element is too large, and says which", async () =>
        expectProblem(await post(url, [event, { ...event, action: "x".repeat(9000) }]), 413, ["#/1"]))
      it("answers 413 given 1,001 elements", async () =>
        expectProblem(await post(url, publishEvents(1001, shopId)), 413))
      it("answers 422, with the first 100 errors, when everything is wrong", async () => {
        const answer = await post(url, Array(1000).fill({}))
        expect(answer.status).to.equal(422)
        expect(answer.body.errors).to.have.length(100)
      })
      it("answers 422 on POST /send", async () =>
        expectProblem(await post(`${product.edgeUrl}/send`, [event]), 422, ["#"]))
    })

    describe("what is not ours", () => {
      it("answers 404 on another path, 405 with Allow on another method", async () => {
        expectProblem(await post(`${product.edgeUrl}/nothing`, event), 404)
        const response = await fetch(url)
        expect(response.status).to.equal(405)
        expect(response.headers.get("allow")).to.equal("POST")
      })
      it("answers 400 given an Idempotency-Key that is no text of 1 to 255 characters", async () => {
        for (const key of ["", "x".repeat(256)]) {
          const answer = await post(url, event, { "idempotency-key": key })
          expect(answer.status).to.equal(400)
          expect(answer.body.errors[0].header).to.equal("Idempotency-Key")
        }
      })
    })

    describe("straight over NATS: the edge is not the wall", () => {
      async function call(params: unknown, rid = `store.${shopId}.feed`): Promise<{ code?: string }> {
        const payload = typeof params === "string" ? params : { params }
        return (await resRequest(product.nats, `call.${rid}.publish`, payload)).error ?? {}
      }

      it("answers system.invalidRequest given no JSON object", async () => {
        for (const payload of ["junk", "[1]", "5", "null"])
          expect((await call(payload)).code).to.equal("system.invalidRequest")
      })
      it("answers system.invalidParams given bad params", async () => {
        for (const params of [undefined, null, 5, {}, [], [{}], { events: null }, { ...event, action_id: null }]) {
          expect((await call(params)).code, JSON.stringify(params)).to.equal("system.invalidParams")
        }
      })
      it("answers store.shopMismatch, store.eventTooLarge, store.tooManyEvents", async () => {
        expect((await call(publishEvent())).code).to.equal("store.shopMismatch")
        expect((await call({ ...event, action: "x".repeat(9000) })).code).to.equal("store.eventTooLarge")
        expect((await call(Array(1001).fill(0))).code).to.equal("store.tooManyEvents")
      })
      it("answers system.notFound for a shop that can be none", async () => {
        for (const id of ["x", shopId.toUpperCase(), "123e4567-e89b-12d3-a456-426614174000"]) {
          expect((await call(event, `store.${id}.feed`)).code).to.equal("system.notFound")
        }
      })
    })
  })

  describe("odd input that is accepted", () => {
    async function stored(body: unknown, path: string): Promise<Record<string, unknown>> {
      const answer = await post(`${product.edgeUrl}/publish/${path}`, body)
      expect(answer.status).to.equal(200)
      const shopId = path.toLowerCase()
      expect(answer.body).to.deep.equal({ status: `Message sent to shop ID ${shopId}` })
      const stored = Number(answer.headers.get("x-event-seq"))
      // The answer waits only a second for the feed.
      const { seq, received_at, ...fields } = await until("the event in the feed", async () => {
        const [newest] = await getFeed(product.nats, shopId)
        return newest?.seq === stored && newest
      })
      expect(Date.parse(received_at)).to.be.closeTo(Date.now(), 60_000)
      return fields
    }

    it("takes UUIDs in upper case, lower case from there on", async () => {
      const event = publishEvent()
      const upper = {
        ...event,
        shop_id: event.shop_id.toUpperCase(),
        session_id: event.session_id.toUpperCase(),
        shopper_id: event.shopper_id.toUpperCase(),
      }
      expect(await stored(upper, event.shop_id.toUpperCase())).to.deep.equal(event)
      expect(await stored(upper, event.shop_id)).to.deep.equal(event)
    })

    it("drops unknown keys: token, cid, __proto__ and constructor get nowhere", async () => {
      const event = publishEvent()
      const body = `${JSON.stringify(event).slice(0, -1)},"token":{"role":"admin"},"cid":"x","__proto__":{"a":1},"constructor":{},"events":1}`
      const answer = await post(`${product.edgeUrl}/publish/${event.shop_id}`, body)
      expect(answer.status).to.equal(200)
      expect(await stored(body, event.shop_id)).to.deep.equal(event)
    })

    it("drops a member named events, at every door", async () => {
      for (const events of [1, null, {}, [], [{}], "x"]) {
        const event = publishEvent()
        const sent = { ...event, events, idempotency_key: 5 }
        expect(await stored(sent, event.shop_id)).to.deep.equal(event)
        expect((await post(`${product.edgeUrl}/send`, sent)).status).to.equal(200)
        expect((await post(`${product.edgeUrl}/publish/${event.shop_id}`, [sent, sent])).status).to.equal(200)
        for (const params of [sent, [sent], { events: sent }, { events: [sent], idempotency_key: "k" }]) {
          const answer = await resRequest(product.nats, `call.store.${event.shop_id}.feed.publish`, { params })
          expect(answer.error, JSON.stringify(params)).to.equal(undefined)
        }
        product.nats.publish(`updates.store.${event.shop_id}`, JSON.stringify(sent))
        await until("all nine to be shown", async () => (await getFeed(product.nats, event.shop_id)).length === 9)
        for (const { seq, received_at, ...shown } of await getFeed(product.nats, event.shop_id)) {
          expect(shown).to.deep.equal(event)
        }
      }
    })

    it("sends no token and no cid of the body to the service", async () => {
      const event = publishEvent()
      const seen = product.nats.subscribe(`call.store.${event.shop_id}.feed.publish`, { max: 1, timeout: PATIENCE_MS })
      await product.nats.flush()
      await stored({ ...event, token: { role: "admin" }, cid: "x" }, event.shop_id)
      for await (const message of seen) {
        const request = message.json<Record<string, unknown>>()
        expect(request.token).to.equal(null)
        expect(request.cid).to.not.equal("x")
      }
    })

    it("keeps negative numbers, zero, empty texts, unicode, and the offset of a time verbatim", async () => {
      const event = publishEvent({
        action_id: -1,
        product_id: Number.MAX_SAFE_INTEGER,
        product_price: -3.5,
        basket_total: 0,
        product_name: "",
        action: 'Ä€𝄞\u0000"\\',
        create_time: "2023-12-18T12:30:00.123456+02:00",
      })
      expect(await stored(event, event.shop_id)).to.deep.equal(event)
    })

    it("takes UTF-8 however a content type says it, and none where no page sends it", async () => {
      const event = publishEvent()
      const url = `${product.edgeUrl}/publish/${event.shop_id}`
      const types = [
        'application/json; charset="utf-8"',
        "application/json;charset=UTF8",
        "Application/JSON ; Charset=utf-8",
        "application/json;",
      ]
      for (const type of types) expect((await post(url, event, { "content-type": type })).status, type).to.equal(200)
      const body = JSON.stringify(event)
      expect((await rawRequest(url, { method: "POST", body })).status).to.equal(200)
      const headers = { Origin: "https://shop.example" }
      expect((await rawRequest(url, { method: "POST", headers, body })).status).to.equal(415)
      for (const type of [
        'application/json; charset="utf-16"',
        "application/json; charset=latin1",
        "application/json, text/plain",
        "json",
      ])
        expect((await post(url, event, { "content-type": type })).status, type).to.equal(415)
    })

    it("takes gzip, and +json types", async () => {
      const event = publishEvent()
      const url = `${product.edgeUrl}/publish/${event.shop_id}`
      expect((await post(url, gzipSync(JSON.stringify(event)), { "content-encoding": "gzip" })).status).to.equal(200)
      expect((await post(url, event, { "content-type": "application/vnd.shop+json; charset=UTF-8" })).status).to.equal(
        200,
      )
    })

    it("takes the shop from the body on POST /send", async () => {
      const event = publishEvent()
      const answer = await post(`${product.edgeUrl}/send`, event)
      expect(answer.body).to.deep.equal({ status: `Message sent to shop ID ${event.shop_id}` })
      expect(await stored(event, event.shop_id)).to.deep.equal(event)
    })

    it("keeps a client's X-Request-Id, unless it is no plain one", async () => {
      const event = publishEvent()
      const url = `${product.edgeUrl}/publish/${event.shop_id}`
      const kept = await post(url, event, { "x-request-id": "abc-123" })
      expect(kept.headers.get("x-request-id")).to.equal("abc-123")
      const replaced = await post(url, event, { "x-request-id": "a b<script>" })
      expect(replaced.headers.get("x-request-id")).to.match(/^[0-9a-f-]{36}$/)
    })
  })
})
