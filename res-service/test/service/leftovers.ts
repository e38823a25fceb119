// Uses and stops a service. This program does not end if the service leaves anything behind.
import { collection, query } from "res-service"
import { ServiceKit } from "res-service/testing"
import { z } from "zod"

/** Longer than the test waits for the end. */
const LONG_MS = 600_000

const books = collection("library.books", {
  timeoutMs: LONG_MS,
  get: () => [1],
  query: query(z.object({ from: z.coerce.number() }), (_req, { from }) => [from]),
})
const kit = await ServiceKit.start([books], { queryEventMs: LONG_MS })
await Promise.all(Array.from({ length: 100 }, () => kit.get("library.books", "from=1")))
await kit.service.with(books, {}, (events) => events.query())
await kit.stop()
process.stdout.write("stopped\n")
