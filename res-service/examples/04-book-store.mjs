// Book store: the books of example 3, kept in a store. The library turns all changes of the store into events, in order
// with the answers.
//
// | rid             | type       | content                 | calls                    | events                 |
// | --------------- | ---------- | ----------------------- | ------------------------ | ---------------------- |
// | library.books   | collection | references, by title    | new({ title, tags })     | add, remove            |
// | library.book.ID | model      | { title, tags }         | set({ title, tags })     | create, change, delete |
//
// Things to try
// - Change a title: the book moves in the collection.
// - Give LiveStore a database: anything with get, set and delete, which may return promises.
import {
  accessGranted,
  connectNats,
  dataValue,
  LiveStore,
  ResError,
  ResourceResponse,
  reference,
  Service,
  storeCollection,
  storeModel,
} from "res-service"
import { z } from "zod"

const conn = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")

const Book = z.object({ title: z.string().min(1), tags: z.array(z.string()).max(10) })

/** @type {Map<string, z.infer<typeof Book>>} */
const kept = new Map([
  ["1", { title: "Emma", tags: ["novel"] }],
  ["2", { title: "Middlemarch", tags: ["novel", "long"] }],
])
const store = new LiveStore(kept)

const book = storeModel("library.book.$id", store, {
  access: () => accessGranted,
  // What clients see. In a model, an array must be a data value.
  show: ({ title, tags }) => ({ title, tags: dataValue(tags) }),
  call: (method) => ({
    set: method(Book, async (req, changed) => {
      const after = await store.update(req.parts.id, (before) => before && changed)
      if (after === undefined) throw new ResError("system.notFound")
    }),
  }),
})

const books = storeCollection("library.books", store, {
  access: () => accessGranted,
  list: () =>
    [...kept].toSorted(([, a], [, b]) => a.title.localeCompare(b.title)).map(([id]) => reference(`library.book.${id}`)),
  call: (method) => ({
    new: method(Book, async (_req, created) => {
      const id = crypto.randomUUID()
      await store.set(id, created)
      return new ResourceResponse(`library.book.${id}`)
    }),
  }),
})

await new Service(conn).add(book, books).start()
console.log("serving library.books")
