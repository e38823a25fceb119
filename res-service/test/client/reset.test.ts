import { expect } from "chai"
import { until } from "../../../test/helpers/until.ts"
import { Client, type ClientOptions, type MirrorEvent } from "../../src/client/mod.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "./library.ts"

const REQUEST_TIMEOUT_MS = 50
/** So that the tests are quick. */
const REFETCH_PAUSE_MS = 200
const GET = "get.library.book"
const old = { title: "Emma" }
const current = { title: "Dune" }
const answer = (model: object) => JSON.stringify({ result: { model } })
const error = (code: string) => JSON.stringify({ error: { code, message: "" } })

const setUp = (options: ClientOptions = {}) => {
  const broker = new MemoryBroker()
  const conn = broker.connect()
  const library = new Library(conn)
  library.set("library.book", { ...old })
  const client = new Client(broker.connect(), {
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    refetchPauseMs: REFETCH_PAUSE_MS,
    ...options,
  })
  const gets = () => library.requests.filter(({ subject }) => subject === GET).length
  return { broker, conn, library, client, gets }
}

const watch = async () => {
  const all = setUp()
  const mirror = all.client.mirror("library.book")
  const events: MirrorEvent[] = []
  mirror.onEvent((event) => events.push(event))
  await mirror.ready
  return { ...all, mirror, events }
}

describe("A reset", () => {
  describe("while a get for an earlier reset is under way", () => {
    it("is followed by another get, when the first one was answered with old content", async () => {
      const { library, mirror, client, conn } = await watch()
      library.withhold(GET)
      library.reset(["library.book"])
      await settled(conn)
      library.change("library.book", current, true)
      library.reset(["library.book"])
      await settled(conn)
      library.answerNow(GET, answer(old))
      await until("the content", () => JSON.stringify(mirror.value) === JSON.stringify(current))
      client.close()
    })

    const unanswered: readonly (readonly [title: string, answers: string[]])[] = [
      ["is followed by another get, when the first one was not answered", []],
      [
        "does not wait for what the service promised in a pre-response: that service may be gone",
        ['timeout:"3600000"'],
      ],
    ]
    for (const [title, answers] of unanswered) {
      it(title, async () => {
        const { library, mirror, client, conn } = await watch()
        library.answers = (subject) => (subject === GET ? answers : undefined)
        library.reset(["library.book"])
        await settled(conn)
        library.answers = () => undefined
        library.change("library.book", current, true)
        library.reset(["library.book"])
        await until("the content", () => JSON.stringify(mirror.value) === JSON.stringify(current))
        client.close()
      })
    }

    it("causes one get, however many resets there are", async () => {
      const { library, client, conn, gets } = await watch()
      library.withhold(GET)
      for (let i = 0; i < 5; i++) library.reset(["library.book"])
      await settled(conn)
      library.answerNow(GET, answer(old))
      await until("the next get", () => gets() === 3)
      // Longer than the pause between two resets.
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect(gets()).to.equal(3)
      client.close()
    })
  })

  describe("while the first get is under way", () => {
    it("loads the resource, if the first get is not answered", async () => {
      const { library, client } = setUp()
      library.answers = (subject) => {
        if (subject !== GET) return undefined
        // At once: on a busy machine the first get could time out before.
        library.answers = () => undefined
        library.reset(["library.book"])
        return []
      }
      const mirror = client.mirror("library.book")
      await mirror.ready
      expect(mirror.value).to.deep.equal(old)
      client.close()
    })

    it("does not delay the error of a resource that cannot be loaded either time", async () => {
      const { library, client, conn } = setUp()
      library.answers = (subject) => (subject === GET ? [] : undefined)
      const mirror = client.mirror("library.book")
      await settled(conn)
      library.reset(["library.book"])
      const refusal = await mirror.ready.then(
        () => "loaded",
        (reason: { code: string }) => reason.code,
      )
      expect(refusal).to.equal("system.timeout")
      client.close()
    })
  })

  describe("with a get that fails", () => {
    const failures: readonly (readonly [what: string, answers: readonly string[]])[] = [
      ["no answer", []],
      ["system.serviceUnavailable", [error("system.serviceUnavailable")]],
      ["system.internalError", [error("system.internalError")]],
      ["an invalid answer", ['{"result":']],
    ]
    for (const [what, answers] of failures) {
      it(`gets again until that succeeds, and shows the old content meanwhile: ${what}`, async () => {
        const { library, mirror, client, gets } = await watch()
        library.answers = (subject) => (subject === GET ? answers : undefined)
        library.change("library.book", current, true)
        library.reset(["library.book"])
        await until("two attempts", () => gets() >= 3)
        expect(mirror.value).to.deep.equal(old)
        library.answers = () => undefined
        await until("the content", () => JSON.stringify(mirror.value) === JSON.stringify(current))
        client.close()
      })
    }

    it("gets again when no service listens, and does not take the resource for deleted", async () => {
      const broker = new MemoryBroker()
      const client = new Client(broker.connect(), {
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
        refetchPauseMs: REFETCH_PAUSE_MS,
      })
      const conn = broker.connect()
      let title = "Emma"
      const listen = () =>
        conn.subscribe(GET, ({ reply }) => {
          if (reply) conn.publish(reply, answer({ title }))
        })
      const first = listen()
      const mirror = client.mirror("library.book")
      await mirror.ready
      first.unsubscribe()
      title = "Dune"
      conn.publish("system.reset", '{"resources":["library.>"]}')
      await settled(conn)
      expect(mirror.value).to.deep.equal(old)
      listen()
      await until("the content", () => JSON.stringify(mirror.value) === JSON.stringify(current))
      client.close()
    })

    it("loses no event that comes while the get is under way", async () => {
      const { library, mirror, client, conn } = await watch()
      library.withhold(GET)
      library.reset(["library.book"])
      await settled(conn)
      library.change("library.book", current)
      await settled(conn)
      library.answerNow(GET, error("system.internalError"))
      await until("the content", () => JSON.stringify(mirror.value) === JSON.stringify(current))
      client.close()
    })

    it("applies events between two attempts", async () => {
      const { library, mirror, client, conn } = await watch()
      library.answers = (subject) => (subject === GET ? [error("system.internalError")] : undefined)
      library.reset(["library.book"])
      await settled(conn)
      library.change("library.book", current)
      await settled(conn)
      expect(mirror.value).to.deep.equal(current)
      client.close()
    })

    it("ends with a delete event, when the service no longer has the resource", async () => {
      const { library, mirror, events, client, gets } = await watch()
      library.answers = (subject) => (subject === GET ? [] : undefined)
      library.reset(["library.book"])
      await until("the first attempt", () => gets() >= 2)
      library.resources.delete("library.book")
      library.answers = () => undefined
      await until("the delete event", () => events.at(-1)?.type === "delete")
      expect(mirror.value).to.equal(null)
      client.close()
    })

    it("repeats at most `resetThrottle` gets at a time", async () => {
      const { library, client, broker } = setUp({ resetThrottle: 3 })
      const names = Array.from({ length: 20 }, (_, i) => `library.book.${i}`)
      for (const name of names) library.set(name, { ...old })
      const mirrors = names.map((name) => client.mirror(name))
      await Promise.all(mirrors.map(({ ready }) => ready))
      const attempts = new Map<string, number>()
      let most = 0
      library.answers = (subject) => {
        attempts.set(subject, (attempts.get(subject) ?? 0) + 1)
        most = Math.max(most, client.requester.pendingCount)
        return (attempts.get(subject) ?? 0) > 2 ? undefined : []
      }
      for (const name of names) library.change(name, current, true)
      library.reset(["library.>"])
      await until("the content", () => mirrors.every(({ value }) => JSON.stringify(value) === JSON.stringify(current)))
      // Those of the reset itself, and those that are repeated.
      expect(most).to.be.within(1, 6)
      client.close()
      broker.disconnect()
    })
  })
})

describe("A cached resource", () => {
  it("is fetched again after an event that does not fit its content: an earlier one was lost", async () => {
    const { conn, library, client } = setUp()
    library.set("library.books", ["a", "b"])
    const mirror = client.mirror("library.books")
    await mirror.ready
    library.add("library.books", 2, "c", true)
    library.remove("library.books", 2)
    library.add("library.books", 2, "d", true)
    await settled(conn)
    await until("the content", () => JSON.stringify(mirror.value) === '["a","b","d"]')
    client.close()
  })

  it("is fetched again, when nobody answers what a query event means for it", async () => {
    const { conn, library, client } = setUp()
    const shown = (books: string[]) => [JSON.stringify({ result: { collection: books, query: "q=1" } })]
    let books = ["a"]
    library.answers = (subject) => (subject === "get.library.books" ? shown(books) : undefined)
    const mirror = client.mirror("library.books?q=1")
    await mirror.ready
    books = ["a", "b"]
    conn.subscribe("queries", () => {})
    library.event("library.books", "query", { subject: "queries" })
    await until("the content", () => JSON.stringify(mirror.value) === '["a","b"]')
    client.close()
  })
})
