// From the POST to resclient's add event, one POST after the other. Everything in processes of its own, as npm start runs it.
// npm run bench -- shown [POSTs]
import { Agent, request } from "node:http"
import type { ShownEvent } from "../contract/publish-event.ts"
import { feed as feedContract } from "../contract/store.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { type ClientCollection, resClient } from "../test/helpers/res-client.ts"
import { startProcesses } from "./processes.ts"
import { report, summarize } from "./stats.ts"

const WARM_UP_POSTS = 50

const posts = Number(process.argv[2] ?? 1000)
const product = await startProcesses()
const client = resClient(product.gatewayWsUrl)
const agent = new Agent({ keepAlive: true })
const event = publishEvent()
const feed = await client.get<ClientCollection<ShownEvent>>(feedContract.name(event))
let seen: () => void = () => {}
feed.on("add", () => seen())
const timings: number[] = []
for (let i = 0; i < posts + WARM_UP_POSTS; i++) {
  const start = performance.now()
  const shown = new Promise<number>((resolve) => {
    seen = () => resolve(performance.now() - start)
  })
  await post()
  const took = await shown
  if (i >= WARM_UP_POSTS) timings.push(took)
}
client.disconnect()
agent.destroy()
await product.stop()
report("POST to resclient's add event, ms", summarize(timings))

function post(): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" }
    const req = request(`${product.edgeUrl}/publish/${event.shop_id}`, { agent, method: "POST", headers }, (res) => {
      res.resume()
      res.on("end", () => (res.statusCode === 200 ? resolve() : reject(new Error(`answered ${res.statusCode}`))))
    })
    req.on("error", reject)
    req.end(JSON.stringify(event))
  })
}
