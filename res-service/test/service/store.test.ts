import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import fc from "fast-check"
import {
  dataValue,
  LiveStore,
  method,
  query,
  reference,
  type Storage,
  type StoreChange,
  storeCollection,
  storeModel,
} from "res-service"
import { type Sent, ServiceKit } from "res-service/testing"
import { z } from "zod"
import { PATIENCE_MS } from "../../../test/helpers/until.ts"
import { inMemoryAndOnNats } from "./service-suite.ts"

interface Book {
  readonly title: string
  readonly tags?: readonly string[]
  readonly shelf?: string
}

/** A storage that takes its time. */
class SlowMap<V> implements Storage<V> {
  readonly #map = new Map<string, V>()

  async get(id: string): Promise<V | undefined> {
    await sleep(0)
    return this.#map.get(id)
  }

  async set(id: string, value: V): Promise<void> {
    await sleep(0)
    this.#map.set(id, value)
    await sleep(0)
  }

  async delete(id: string): Promise<void> {
    this.#map.delete(id)
    await sleep(0)
  }
}

describe("LiveStore", () => {
  it("update() runs changes of an ID one after the other, and announces each with both values", async () => {
    const store = new LiveStore(new SlowMap<number>())
    const changes: StoreChange<number>[] = []
    store.onChange((change) => changes.push(change))
    await Promise.all([1, 2, 3].map(() => store.update("a", (n = 0) => n + 1)))
    await store.delete("a")
    await store.delete("a")
    expect(changes).to.deep.equal([
      { id: "a", before: undefined, after: 1 },
      { id: "a", before: 1, after: 2 },
      { id: "a", before: 2, after: 3 },
      { id: "a", before: 3, after: undefined },
    ])
  })

  it("get() does not return a new value before its change was announced", async () => {
    const store = new LiveStore(new SlowMap<number>())
    await store.set("a", 1)
    let told = false
    store.onChange(() => {
      told = true
    })
    const updated = store.set("a", 2)
    let value: number | undefined
    do {
      const toldBefore = told
      value = await store.get("a")
      if (value === 2) expect(told || toldBefore).to.equal(true)
    } while (value !== 2)
    await updated
  })

  it("update() changes nothing if the change throws, or returns the same value", async () => {
    const store = new LiveStore<number>()
    await store.set("a", 1)
    store.onChange(() => expect.fail("told of a change"))
    const error = await store
      .update("a", () => Promise.reject(new Error("mine")))
      .catch((reason: Error) => reason.message)
    expect(error).to.equal("mine")
    expect(await store.update("a", (n) => n)).to.equal(1)
    expect(await store.get("a")).to.equal(1)
  })
})

inMemoryAndOnNats("storeModel()", (start) => {
  it("answers with the store's value, and system.notFound without one", async () => {
    const books = new LiveStore(new Map([["1", { title: "Emma" }]]))
    const kit = await start([storeModel("library.book.$id", books)])
    expect((await kit.get("library.book.1")).answer).to.deep.equal({ result: { model: { title: "Emma" } } })
    expect((await kit.get("library.book.2")).answer.error?.code).to.equal("system.notFound")
  })

  it("sends create, change and delete as the store changes, and only what changed", async () => {
    const books = new LiveStore<Book>()
    const kit = await start([
      storeModel("library.book.$id", books, {
        show: ({ title, tags }) => ({ title, ...(tags && { tags: dataValue(tags) }) }),
      }),
    ])
    await books.set("1", { title: "Emma", tags: ["a"] })
    await books.set("1", { title: "Emma", tags: ["a"], shelf: "not shown" })
    await books.set("1", { title: "Emma", tags: ["a", "b"] })
    await books.set("1", { title: "Persuasion" })
    await books.delete("1")
    expect(await kit.rest()).to.deep.equal([
      { subject: "event.library.book.1.create", payload: undefined },
      { subject: "event.library.book.1.change", payload: { values: { tags: { data: ["a", "b"] } } } },
      {
        subject: "event.library.book.1.change",
        payload: { values: { title: "Persuasion", tags: { action: "delete" } } },
      },
      { subject: "event.library.book.1.delete", payload: undefined },
    ])
  })

  it("sends a method's changes before its answer", async () => {
    const books = new LiveStore(new Map([["1", { title: "Emma" }]]))
    const kit = await start([
      storeModel("library.book.$id", books, {
        call: {
          rename: method(z.object({ title: z.string() }), async (req, { title }) => {
            await books.update(req.parts.id, (book) => book && { ...book, title })
          }),
        },
      }),
    ])
    const { sent, answer } = await kit.call("library.book.1", "rename", { title: "Persuasion" })
    expect(sent).to.deep.equal([
      { subject: "event.library.book.1.change", payload: { values: { title: "Persuasion" } } },
    ])
    expect(answer).to.deep.equal({ result: null })
    await kit.nothingMore()
  })

  it("moves a model whose name depends on its value, and leaves out those without a name", async () => {
    const books = new LiveStore<Book>()
    const kit = await start([
      storeModel("library.$shelf.book.$id", books, {
        id: ({ id }) => id,
        parts: (id, { shelf }) => (shelf === undefined ? undefined : { shelf, id }),
        show: ({ title }) => ({ title }),
      }),
    ])
    await books.set("1", { title: "Emma" })
    await books.set("1", { title: "Emma", shelf: "a" })
    await books.set("1", { title: "Emma", shelf: "b" })
    await books.set("no.part", { title: "Emma", shelf: "b" })
    expect((await kit.rest()).map(({ subject }) => subject)).to.deep.equal([
      "event.library.a.book.1.create",
      "event.library.a.book.1.delete",
      "event.library.b.book.1.create",
    ])
    expect((await kit.get("library.a.book.1")).answer.error?.code).to.equal("system.notFound")
    expect((await kit.get("library.b.book.1")).answer.result).to.deep.equal({ model: { title: "Emma" } })
  })
})

inMemoryAndOnNats("storeCollection()", (start) => {
  it("sends as few adds and removes as possible", async () => {
    const books = new Map<string, Book>([["1", { title: "B" }]])
    const store = new LiveStore(books)
    const titles = () => [...books.values()].map(({ title }) => title).toSorted()
    const kit = await start([storeCollection("library.titles", store, { list: titles })])
    await store.set("2", { title: "A" })
    await kit.nothingMore() // nobody has it
    expect((await kit.get("library.titles")).answer.result).to.deep.equal({ collection: ["A", "B"] })
    await store.set("3", { title: "C" })
    await store.set("1", { title: "D" })
    expect(await kit.next(3)).to.deep.equal([
      { subject: "event.library.titles.add", payload: { value: "C", idx: 2 } },
      { subject: "event.library.titles.remove", payload: { idx: 1 } },
      { subject: "event.library.titles.add", payload: { value: "D", idx: 2 } },
    ])
    expect((await kit.get("library.titles")).answer.result).to.deep.equal({ collection: ["A", "C", "D"] })
    await kit.nothingMore()
  })

  it("sends a method's adds before its answer, also when the method fails after it has changed something", async () => {
    const books = new Map<string, Book>()
    const store = new LiveStore(books)
    const kit = await start([
      storeCollection("library.ids", store, {
        list: () => [...books.keys()],
        call: (method) => ({
          add: method(z.object({ id: z.string() }), (_req, { id }) => store.set(id, { title: "" })),
          fail: method(z.object({ id: z.string() }), async (_req, { id }) => {
            await store.set(id, { title: "" })
            throw new Error("mine")
          }),
        }),
      }),
    ])
    await kit.get("library.ids")
    const added = await kit.call("library.ids", "add", { id: "1" })
    expect(added.sent).to.deep.equal([{ subject: "event.library.ids.add", payload: { value: "1", idx: 0 } }])
    const failed = await kit.call("library.ids", "fail", { id: "2" })
    expect(failed.sent).to.deep.equal([{ subject: "event.library.ids.add", payload: { value: "2", idx: 1 } }])
    expect(failed.answer.error?.code).to.equal("system.internalError")
    await kit.nothingMore()
  })

  it("reads only collections that a change affects, and deletes one that no longer exists", async () => {
    const books = new Map<string, Book>([["1", { title: "Emma", shelf: "a" }]])
    const store = new LiveStore(books)
    const kit = await start([
      storeCollection("library.shelf.$shelf", store, {
        list: ({ shelf }) => {
          const found = [...books]
            .filter(([, book]) => book.shelf === shelf)
            .map(([id]) => reference(`library.book.${id}`))
          return found.length > 0 ? found : undefined
        },
        affected: ({ before, after }) =>
          [before?.shelf, after?.shelf].filter((shelf) => shelf !== undefined).map((shelf) => ({ shelf })),
      }),
    ])
    await kit.get("library.shelf.a")
    expect((await kit.get("library.shelf.b")).answer.error?.code).to.equal("system.notFound")
    await store.set("2", { title: "Persuasion", shelf: "a" })
    await store.set("2", { title: "Persuasion", shelf: "c d" })
    await store.delete("1")
    expect(await kit.next(3)).to.deep.equal([
      { subject: "event.library.shelf.a.add", payload: { value: { rid: "library.book.2" }, idx: 1 } },
      { subject: "event.library.shelf.a.remove", payload: { idx: 1 } },
      { subject: "event.library.shelf.a.delete", payload: undefined },
    ])
    await kit.nothingMore()
  })

  it("sends a query event after each change, so that queries are fetched again", async () => {
    const books = new Map<string, Book>([["1", { title: "Emma" }]])
    const store = new LiveStore(books)
    const find = (start: string) =>
      [...books.values()].map(({ title }) => title).filter((title) => title.startsWith(start))
    const search = storeCollection("library.search", store, {
      list: () => find(""),
      query: query(z.object({ start: z.string() }), (_req, { start }) => find(start)),
    })
    const kit = await start([search], { queryEventMs: PATIENCE_MS })
    expect((await kit.get("library.search", "start=E")).answer.result).to.deep.equal({
      collection: ["Emma"],
      query: "start=E",
    })
    await store.set("2", { title: "Eve" })
    const [event] = await kit.next()
    expect(event?.subject).to.equal("event.library.search.query")
    expect((await kit.query(event, "start=E")).answer.result).to.deep.equal({ collection: ["Emma", "Eve"] })
  })

  it("resets a collection that was not fetched for keepMs, or could not be read", async () => {
    const books = new Map<string, Book>()
    const store = new LiveStore(books)
    let broken = false
    const list = () => {
      if (broken) throw new Error("mine")
      return [...books.keys()]
    }
    const reset = { subject: "system.reset", payload: { resources: ["library.ids"] } }
    const forgetful = await start([storeCollection("library.ids", store, { list, keepMs: 0 })])
    await forgetful.get("library.ids")
    await store.set("1", { title: "Emma" })
    expect(await forgetful.next()).to.deep.equal([reset])
    await forgetful.stop()

    const kit = await start([storeCollection("library.ids", store, { list })])
    await kit.get("library.ids")
    broken = true
    await store.set("2", { title: "Eve" })
    expect(await kit.next()).to.deep.equal([reset])
    broken = false
    expect((await kit.get("library.ids")).answer.result).to.deep.equal({ collection: ["1", "2"] })
    await kit.nothingMore()
  })
})

describe("The resources of a store", () => {
  it("are refused at their declaration if their pattern needs more options", () => {
    const store = new LiveStore<Book>()
    const show = ({ title }: Book) => ({ title })
    expect(() => storeModel("library.$shelf.book.$id", store, { show })).to.throw(TypeError, "one placeholder")
    expect(() => storeModel("library.book", store, { show })).to.throw(TypeError, "one placeholder")
    expect(() => storeCollection("library.$shelf", store, { list: () => [] })).to.throw(TypeError, "affected")
  })

  it("[property] lead any get followed by its events to the stored values", async () => {
    const action = fc.oneof(
      fc.record({ type: fc.constant("set" as const), id: fc.constantFrom("1", "2", "3"), n: fc.nat(5) }),
      fc.record({ type: fc.constant("delete" as const), id: fc.constantFrom("1", "2", "3") }),
      fc.record({ type: fc.constant("get" as const) }),
      fc.record({ type: fc.constant("pause" as const), turns: fc.nat(3) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const values = new Map<string, { readonly n: number }>()
        const store = new LiveStore(values)
        const list = async () => {
          const read = [...values].map(([id, { n }]) => `${id}:${n}`)
          await sleep(0)
          return read
        }
        const listed = storeCollection("all", store, { list, mode: { get: "shared" } })
        const kit = await ServiceKit.start([listed])
        await kit.rest()
        const gots: { readonly content: readonly string[]; readonly from: number }[] = []
        const log: Sent[] = []
        const work: Promise<unknown>[] = []
        const get = async (): Promise<void> => {
          const { answer, sent } = await kit.get("all")
          log.push(...sent)
          gots.push({ content: (answer.result as { collection: string[] }).collection, from: log.length })
        }
        for (const each of actions) {
          if (each.type === "set") work.push(store.set(each.id, { n: each.n }))
          else if (each.type === "delete") work.push(store.delete(each.id))
          else if (each.type === "get") work.push(get())
          else for (let turn = 0; turn < each.turns; turn++) await sleep(0)
        }
        await Promise.all(work)
        while (kit.service.load.queues > 0) await sleep(0)
        log.push(...(await kit.rest()))
        const stored = [...values].map(([id, { n }]) => `${id}:${n}`)
        for (const { content, from } of gots) expect(followed(content, log.slice(from))).to.deep.equal(stored)
        await kit.stop()
      }),
      { numRuns: 40 },
    )
  })

  it("[property] answer get with the content from which the next events lead to the stored values", async () => {
    const action = fc.oneof(
      fc.record({ type: fc.constant("set" as const), key: fc.constantFrom("a", "b"), n: fc.nat(5) }),
      fc.record({ type: fc.constant("get" as const) }),
      fc.record({ type: fc.constant("pause" as const), turns: fc.nat(3) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const store = new LiveStore(new SlowMap<{ readonly a: number; readonly b: number }>())
        await store.set("1", { a: 0, b: 0 })
        const kit = await ServiceKit.start([storeModel("item.$id", store)])
        await kit.rest()
        const log: Sent[] = []
        const gots: { readonly content: object; readonly from: number }[] = []
        const get = async (): Promise<void> => {
          const { answer, sent } = await kit.get("item.1")
          log.push(...sent)
          gots.push({ content: (answer.result as { model: object }).model, from: log.length })
        }
        const work: Promise<unknown>[] = []
        for (const each of actions) {
          if (each.type === "set") work.push(store.update("1", (old) => old && { ...old, [each.key]: each.n }))
          else if (each.type === "get") work.push(get())
          else for (let turn = 0; turn < each.turns; turn++) await sleep(0)
        }
        await Promise.all(work)
        while (kit.service.load.queues > 0) await sleep(0)
        log.push(...(await kit.rest()))
        const stored = await store.get("1")
        for (const { content, from } of gots) {
          const changes = log.slice(from).map(({ payload }) => (payload as { values: object }).values)
          expect(Object.assign({}, content, ...changes)).to.deep.equal(stored)
        }
        await kit.stop()
      }),
      { numRuns: 40 },
    )
  })
})

/** What a gateway has in the end that got `content` and then received these. */
function followed(content: readonly string[], sent: readonly Sent[]): string[] {
  const now = [...content]
  for (const { subject, payload } of sent) {
    const { idx, value } = (payload ?? {}) as { idx: number; value: string }
    if (subject === "event.all.add") now.splice(idx, 0, value)
    if (subject === "event.all.remove") now.splice(idx, 1)
  }
  return now
}
