// Prints what is published for a shop, straight from NATS: node examples/nats-sub.mjs [shop_id or *] [NATS URL]
// Without a URL: NATS_PORT of this machine, 4222 by default.
import { connect } from "nats"

const { NATS_PORT = "4222" } = process.env
const [shopId = "123e4567-e89b-42d3-a456-426614174000", servers = `nats://127.0.0.1:${NATS_PORT}`] =
  process.argv.slice(2)

const nats = await connect({ servers, maxReconnectAttempts: -1 })
const subject = `updates.store.${shopId}`
console.log(`listening on ${subject}`)
for await (const message of nats.subscribe(subject)) console.log(message.subject, message.string())
