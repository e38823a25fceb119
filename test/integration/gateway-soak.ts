// What `gateway-soak.long.test.ts` runs with --expose-gc: clients come, subscribe, get events and go, for as many seconds as the
// argument says. Prints how much more heap is in use at the end than after the warm-up, and what the gateway still holds.
import { once } from "node:events"
import { createGateway } from "res-service/gateway"
import { MemoryBroker } from "res-service/testing"
import WebSocket from "ws"
import { until } from "../helpers/until.ts"

const WARM_UP_ROUNDS = 20
const CLIENTS = 10
const RESOURCES = 40

const broker = new MemoryBroker()
const service = broker.connect()
service.subscribe("access.library.>", ({ reply = "" }) => service.publish(reply, '{"result":{"get":true,"call":"*"}}'))
service.subscribe("get.library.>", ({ subject, reply = "" }) => {
  const next = (Number(subject.split(".").at(-1)) + 1) % RESOURCES
  service.publish(reply, `{"result":{"model":{"title":"Emma","next":{"rid":"library.book.${next}"}}}}`)
})
service.subscribe("call.library.>", ({ reply = "" }) => service.publish(reply, '{"result":null}'))
const gateway = createGateway(broker.connect(), { addr: "127.0.0.1", port: 0 })
await gateway.start()

let rounds = 0
await soak(() => rounds < WARM_UP_ROUNDS)
const before = usedBytes()
const end = Date.now() + Number(process.argv[2]) * 1000
await soak(() => Date.now() < end)
const grownBytes = usedBytes() - before
const { connectionCount, pendingRequestCount, cacheSize } = gateway
console.log(JSON.stringify({ rounds, grownBytes, connectionCount, pendingRequestCount, uses: cacheSize.subscriptions }))
await gateway.close()

async function soak(goOn: () => boolean): Promise<void> {
  while (goOn()) {
    rounds++
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => visit(rounds * CLIENTS + i)))
    await until("all connections to be gone", () => gateway.connectionCount === 0 && gateway.pendingRequestCount === 0)
  }
}

/** One client; one in four leaves in the middle of everything. */
async function visit(n: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.address.port}/`)
  let answers = 0
  let changed = false
  socket.on("message", (data: Buffer) => {
    if (data.includes('"id":')) answers++
    else changed = true
  })
  await once(socket, "open")
  const rid = `library.book.${n % RESOURCES}`
  const send = (method: string, count: number): void => {
    for (let id = 1; id <= count; id++) socket.send(`{"id":${id},"method":"${method}.${rid}"}`)
  }
  send("subscribe", 3)
  send("get", 2)
  if (n % 4 > 0) {
    await until("the answers", () => answers === 5)
    service.publish(`event.${rid}.change`, `{"values":{"title":"${n}"}}`)
    await until("the event", () => changed)
    send("unsubscribe", 2)
    socket.send(`{"id":9,"method":"call.${rid}.lend"}`)
    await until("the other answers", () => answers === 8)
  }
  socket.close()
  await once(socket, "close")
}

function usedBytes(): number {
  for (let i = 0; i < 4; i++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
