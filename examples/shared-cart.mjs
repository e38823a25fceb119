// Shops together with friends, over RES: node examples/shared-cart.mjs <session id> <name> [gateway]
// Run it twice with the same session id; the first one is the host.
// Without a gateway: GATEWAY_PORT of this machine, 8080 by default.
import resclient from "resclient"
import { WebSocket } from "ws"

const { GATEWAY_PORT = "8080" } = process.env
const [sessionId = "demo", name = "Ann", gateway = `ws://127.0.0.1:${GATEWAY_PORT}`] = process.argv.slice(2)

// The package is CommonJS, so in Node its default export is one level down.
const ResClient = resclient.default
// As in a browser, one message at a time: resclient is not ready for the next one before.
const client = new ResClient(() => new WebSocket(gateway, { allowSynchronousEvents: false }))
const rid = `session.${sessionId}.multicart`

const carts = await client.get(rid)
const show = () =>
  console.log(
    [...carts]
      .map(({ owner, content }) => `${owner.name}${owner.isHost ? "*" : ""} ${JSON.stringify(content)}`)
      .join(" | "),
  )
// Comes once after each command, when all of its changes have arrived.
carts.on("updated", show)
carts.on("add", () => {})

const { customerId } = await client.call(rid, carts.length === 0 ? "start" : "join", { customerName: name })
// A member whose connection makes no call for a while counts as absent (docs/session.md, "Presence").
setInterval(() => client.call(rid, "keepAlive"), 5000)

let apples = 0
setInterval(() => client.call(rid, "updateCart", { customerId, cartContent: { apples: ++apples } }), 2000)
