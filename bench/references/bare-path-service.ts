// The bare path's service: takes the RES call, publishes to JetStream, and answers when that has acknowledged.
// A process of its own: NATS URL as argument; makes the log's stream; prints "ready".
import { connect } from "nats"
import { shopSubject } from "../../contract/subjects.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { openStream } from "../../service/log/stream.ts"
import { Replies } from "./replies.ts"

const nats = await connect({ servers: process.argv[2] ?? "" })
await openStream(new JetStream(nats), { maxAgeDays: 0, maxMiB: 0 })
const replies = new Replies(nats)
nats.subscribe("call.store.*.feed.publish", {
  queue: "service",
  callback: (_, call) => {
    const { params } = call.json<{ params: { shop_id: string } }>()
    replies.request(shopSubject(params.shop_id), JSON.stringify(params), (ack) => {
      const { seq } = ack.json<{ seq: number }>()
      call.respond(`{"result":{"seq":${seq}}}`)
    })
  },
})
await nats.flush()
console.log("ready")
