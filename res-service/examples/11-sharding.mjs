// Sharding: a service of several processes. Each shelf has one owner among them, which answers for it and sends its events. Run this
// program twice or more: the processes share the shelves evenly, also when one joins, stops or is killed.
//
// | rid              | type  | content            | calls          | events |
// | ---------------- | ----- | ------------------ | -------------- | ------ |
// | library.shelf.ID | model | { books, process } | add({ title }) | change |
//
// Things to try
// - curl -d '{"title":"Emma"}' http://127.0.0.1:8080/api/library/shelf/1/add, then end the process that it names: another one answers.
// - Kill it with SIGKILL. Its shelves are answered again after about 3 s; meanwhile requests wait.
import { jetstream } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { accessGranted, connectNats, dataValue, model, Service } from "res-service"
import { natsPartition, Shards } from "res-service/sharding"
import { z } from "zod"

const COUNT = 16

const { nats } = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")

// Processes share no memory: whatever must outlive one of them is stored. This is where the next owner finds it.
const stored = await new Kvm(jetstream(nats)).create("library-shelves", { history: 1 })

/** What the owner knows of its shelves. Only the owner of a shelf writes it. @type {Map<string, string[]>} */
const shelves = new Map()
const shardOf = (/** @type {string} */ id) => natsPartition(id, COUNT)

/** @param {string} id */
async function booksOf(id) {
  /** @type {string[]} */
  const books = shelves.get(id) ?? (await stored.get(id))?.json() ?? []
  shelves.set(id, books)
  return books
}

const shards = await Shards.join(nats, {
  name: "library",
  count: COUNT,
  // library.shelf.42 belongs to the shard of 42.
  locate: (name) => {
    const [, kind, id] = name.split(".")
    return kind === "shelf" && id !== undefined ? { shard: shardOf(id), root: name } : undefined
  },
  logger: console,
})

// On the connection of the shards, which sends only while this process may answer.
const service = new Service(shards.conn, { routing: shards })
const content = (/** @type {string[]} */ books) => ({ books: dataValue(books), process: process.pid })
service.add(
  model("library.shelf.$id", {
    access: () => accessGranted,
    anywhere: ["access"],
    owns: ({ id }) => /^\d+$/.test(id),
    get: async (req) => content(await booksOf(req.parts.id)),
    call: (method) => ({
      add: method(z.object({ title: z.string().min(1) }), async (req, { title }) => {
        const { id } = req.parts
        const books = [...(await booksOf(id)), title]
        await stored.put(id, JSON.stringify(books))
        shelves.set(id, books)
        req.events.change(content(books))
      }),
    }),
  }),
)
await service.start()

const forget = (/** @type {readonly number[]} */ given) => {
  for (const id of shelves.keys()) if (given.includes(shardOf(id))) shelves.delete(id)
}
shards.start({
  acquire: async (taken) => forget(taken),
  release: async (given) => forget(given),
  unload: (roots) => {
    for (const root of roots) shelves.delete(root.split(".")[2] ?? "")
  },
  idle: (some) => service.idle(some),
  everything: service.ownership,
})
await shards.settled
console.log(`serving ${shards.served.length} of ${COUNT} shards`)

let isStopping = false
process.once("SIGTERM", async () => {
  isStopping = true
  await shards.leave()
  await service.stop()
  await shards.close()
  await nats.drain()
})

// Another process answers now. What this one knows may be old, so it begins again: a supervisor would start it.
await shards.ended
if (!isStopping) {
  console.error("lost the lease")
  process.exit(1)
}
