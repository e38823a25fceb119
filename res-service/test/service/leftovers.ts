// Uses and stops a service. This program does not end if the service leaves anything behind.
import { collection, query } from "res-service"
import { ServiceKit } from "res-service/testing"
import { z } from "zod"

const books = collection("library.books", {
  timeoutMs: 60_000,
  get: () => [1],
  query: query(z.object({ from: z.coerce.number() }), (_req, { from }) => [from]),
})
const kit = await ServiceKit.start([books], { queryEventMs: 60_000 })
await Promise.all(Array.from({ length: 100 }, () => kit.get("library.books", "from=1")))
await kit.service.with(books, {}, (events) => events.query())
await kit.stop()
process.stdout.write("stopped\n")
