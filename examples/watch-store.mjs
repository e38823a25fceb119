// Watches a shop's feed live, as the merchant's app does: node examples/watch-store.mjs [shop_id] [gateway]
// Without a gateway: GATEWAY_PORT of this machine, 8080 by default.
import resclient from "resclient"
import { WebSocket } from "ws"

const { GATEWAY_PORT = "8080" } = process.env
const [shopId = "123e4567-e89b-42d3-a456-426614174000", gateway = `ws://127.0.0.1:${GATEWAY_PORT}`] =
  process.argv.slice(2)

// The package is CommonJS, so in Node its default export is one level down.
const ResClient = resclient.default
// As in a browser, one message at a time: resclient is not ready for the next one before.
const client = new ResClient(() => new WebSocket(gateway, { allowSynchronousEvents: false }))

// resclient reconnects by itself, and brings the feed up to date.
client.on("connect", () => console.log(`connected to ${gateway}`))
client.on("close", () => console.log("the connection is lost, trying again"))

const feed = await client.get(`store.${shopId}.feed`)
console.log(`${feed.length} events so far, newest first`)
for (const event of feed) print("  ", event)

feed.on("add", ({ item, idx }) => print(`add at ${idx}:`, item))
feed.on("remove", ({ idx }) => console.log(`remove at ${idx}`))

function print(label, { seq, received_at, action, product_name, basket_total }) {
  console.log(label, `#${seq} ${received_at} ${action} ${product_name}, basket ${basket_total}`)
}
