// Shops together with friends, over RES: node examples/shared-cart.mjs <session id> <name> [gateway]
// Run it twice with the same session id; the first one is the host.
import resclient from "resclient"
import { WebSocket } from "ws"

const [sessionId = "demo", name = "Ann", gateway = "ws://127.0.0.1:8080"] = process.argv.slice(2)

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
// Comes once after every command, when all that it changed is here.
carts.on("updated", show)
carts.on("add", () => {})

const { customerId } = await client.call(rid, carts.length === 0 ? "start" : "join", { customerName: name })
// Who does not call for 15 s is taken for gone.
setInterval(() => client.call(rid, "keepAlive"), 5000)

let apples = 0
setInterval(() => client.call(rid, "updateCart", { customerId, cartContent: { apples: ++apples } }), 2000)
