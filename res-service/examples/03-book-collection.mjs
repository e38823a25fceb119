// Book collection: a collection of references to models. Clients that subscribe to the collection get its books, too.
//
// | rid             | type       | content            | calls                                  | events         |
// | --------------- | ---------- | ------------------ | -------------------------------------- | -------------- |
// | library.books   | collection | references         | new({ title, author }), delete({ id }) | add, remove    |
// | library.book.ID | model      | { title, author }  | set({ title, author })                 | change, delete |
//
// Things to try
// - curl http://127.0.0.1:8080/api/library/books shows the books, not just their names.
// - curl -X POST http://127.0.0.1:8080/api/library/books/new -d '{"title":"Persuasion","author":"Jane Austen"}'
//   answers with the new book: the Location header has its address.
// - Ask for a book that is not there: /api/library/book/99 is 404.
import {
  accessGranted,
  collection,
  connectNats,
  model,
  ResError,
  ResourceResponse,
  reference,
  Service,
} from "res-service"
import { z } from "zod"

const conn = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")

const Book = z.object({ title: z.string().min(1), author: z.string().min(1) })

/** @type {Map<string, z.infer<typeof Book>>} */
const library = new Map([
  ["1", { title: "Emma", author: "Jane Austen" }],
  ["2", { title: "Middlemarch", author: "George Eliot" }],
])
let lastId = 2

const book = model("library.book.$id", {
  access: () => accessGranted,
  get: (req) => library.get(req.parts.id), // undefined is answered with system.notFound
  call: (method) => ({
    set: method(Book, (req, changed) => {
      if (!library.has(req.parts.id)) throw new ResError("system.notFound")
      library.set(req.parts.id, changed)
      req.events.change(changed)
    }),
  }),
})

const books = collection("library.books", {
  access: () => accessGranted,
  get: () => [...library.keys()].map((id) => reference(`library.book.${id}`)),
  call: (method) => ({
    new: method(Book, (req, created) => {
      const id = String(++lastId)
      library.set(id, created)
      req.events.add(reference(`library.book.${id}`), library.size - 1)
      return new ResourceResponse(`library.book.${id}`)
    }),
    delete: method(z.object({ id: z.string() }), async (req, { id }) => {
      const index = [...library.keys()].indexOf(id)
      if (index === -1) throw new ResError("library.noSuchBook", "There is no such book", { id })
      library.delete(id)
      req.events.remove(index)
      // Another resource has its own queue.
      await service.with(book, { id }, (events) => events.delete())
    }),
  }),
})

const service = new Service(conn).add(book, books)
await service.start()
console.log("serving library.books")
