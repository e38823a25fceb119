// Prints what is published for a shop, straight from NATS: node examples/nats-sub.mjs [shop_id or *] [NATS URL]
import { connect } from "nats"

const [shopId = "123e4567-e89b-42d3-a456-426614174000", servers = "nats://127.0.0.1:4222"] = process.argv.slice(2)

const nats = await connect({ servers, maxReconnectAttempts: -1 })
const subject = `updates.store.${shopId}`
console.log(`listening on ${subject}`)
for await (const message of nats.subscribe(subject)) console.log(message.subject, message.string())
