// Search: a collection with queries. A client that is subscribed to a query sees only the changes of its result.
//
// | rid                                  | type             | content                    | calls            | events |
// | ------------------------------------ | ---------------- | -------------------------- | ---------------- | ------ |
// | library.titles                       | collection       | all titles, sorted         | add({ title })   | add    |
// | library.titles?start=S&from=F&limit=L | query collection | a page of titles that start with S |                  | query  |
//
// Things to try
// - curl 'http://127.0.0.1:8080/api/library/titles?start=E'
// - ?limit=5&start=E and ?start=E&limit=05 are the same query: gateways keep one copy.
// - ?limit=no: system.invalidQuery, with the reason.
import { accessGranted, collection, connectNats, query, Service } from "res-service"
import { z } from "zod"

const conn = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")

const Search = z.object({
  start: z.string().default(""),
  from: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(10),
})

let titles = ["Emma", "Evelina", "Middlemarch", "Persuasion"]

/** @param {z.infer<typeof Search>} search */
const find = ({ start, from, limit }) => titles.filter((title) => title.startsWith(start)).slice(from, from + limit)

const library = collection("library.titles", {
  access: () => accessGranted,
  get: () => titles,
  query: query(Search, (_req, search) => find(search)),
  call: (method) => ({
    add: method(z.object({ title: z.string().min(1) }), (req, { title }) => {
      if (titles.includes(title)) return
      titles = [...titles, title].toSorted()
      req.events.add(title, titles.indexOf(title)) // for subscribers of all titles
      // Gateways ask about each query that has subscribers, and get the new result. Undefined: the result is still the
      // same.
      req.events.query((search) => (title.startsWith(search.start) ? find(search) : undefined))
    }),
  }),
})

await new Service(conn).add(library).start()
console.log("serving library.titles")
