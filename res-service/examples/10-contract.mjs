// Contract: a resource declared once, apart from its handlers. It types service and client, and the client validates answers.
//
// | rid              | type  | content        | calls                    | events          |
// | ---------------- | ----- | -------------- | ------------------------ | --------------- |
// | library.room.<n> | model | { name, free } | book({ hours }) -> { until } | change, `booked` |
//
// Things to try
// - curl http://127.0.0.1:8080/api/library/room/1; room/x is system.notFound, as the contract requires a digit.
// - Return { til } from `book`: the editor marks it, and the client says which member is wrong.
// - room.describe() is the contract as data, with schemas as JSON Schema.
import { accessGranted, connectNats, Service } from "res-service"
import { Client } from "res-service/client"
import { defineModel } from "res-service/contract"
import { z } from "zod"

// If service and client are separate programs, put this into a module of its own. It does not load NATS, so pages can import it too.
const room = defineModel("library.room.$n", {
  parts: { n: z.string().regex(/^[1-9]$/) },
  value: z.object({ name: z.string(), free: z.boolean() }),
  calls: {
    book: { params: z.object({ hours: z.number().max(8) }), answer: z.object({ until: z.iso.datetime() }) },
  },
  events: { booked: z.object({ hours: z.number() }) },
})

const url = process.env.NATS_URL ?? "nats://127.0.0.1:4222"
const conn = await connectNats(url)
let free = true

const service = new Service(conn).handle(room, {
  access: () => accessGranted,
  get: ({ parts }) => ({ name: `Room ${parts.n}`, free }),
  call: {
    book: ({ events }, { hours }) => {
      free = false
      events.change({ free })
      events.event("booked", { hours })
      return { until: new Date(Date.now() + hours * 3_600_000).toISOString() }
    },
  },
})
await service.start()

const client = new Client(await connectNats(url))
const { name } = await client.get(room, { n: "1" })
const { until } = await client.call(room, { n: "1" }, "book", { hours: 2 })
console.log(`booked ${name} until ${until}`)
