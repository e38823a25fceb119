// A small RES service for bench/sharding.ts: `alone`, or `sharded` as the only process of one that is shared.
import { accessGranted, connectNats, model, Service, silentLogger } from "res-service"
import { natsPartition, Shards } from "res-service/sharding"
import { z } from "zod"

const COUNT = 64

const [kind = "", url = ""] = process.argv.slice(2)
const conn = await connectNats(url)

const resource = model(`${kind}.thing.$id`, {
  access: () => accessGranted,
  get: () => ({ n: 1 }),
  call: (method) => ({ touch: method(z.unknown(), (req) => req.events.change({ n: 2 })) }),
})

const shards =
  kind === "alone"
    ? undefined
    : await Shards.join(conn.nats, {
        name: kind,
        count: COUNT,
        locate: (name) => ({ shard: natsPartition(name.split(".")[2] ?? "", COUNT), root: name }),
        logger: silentLogger,
      })
const service = shards === undefined ? new Service(conn) : new Service(shards.conn, { routing: shards })
service.add(resource)
await service.start()
shards?.start({
  acquire: async () => {},
  release: async () => {},
  unload: () => {},
  idle: (some) => service.idle(some),
  everything: service.ownership,
})
await shards?.settled
console.log("ready")
