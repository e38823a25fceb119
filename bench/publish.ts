// Publishes per second at 16 connections, each answered when it is stored, beside a bare node:http server that answers the
// same; and POST to resclient's add event, one at a time. Everything in processes of its own, as npm start runs it.
// npm run bench -- publish [seconds] [sync_interval of nats-server]
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { Agent, request } from "node:http"
import { fileURLToPath } from "node:url"
import type { ShownEvent } from "../contract/publish-event.ts"
import { feed as feedContract } from "../contract/store.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { type ClientCollection, resClient } from "../test/helpers/res-client.ts"
import { startProcesses } from "./processes.ts"
import { report, summarize } from "./stats.ts"

const CONNECTIONS = 16
const IDLE_POSTS = 1000

await main(Number(process.argv[2] ?? 5), process.argv[3])

async function main(seconds: number, syncInterval?: string): Promise<void> {
  const product = await startProcesses({ syncInterval })
  const bare = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(new URL("bare-server.ts", import.meta.url))],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  )
  const [port] = (await once(bare.stdout, "data")) as [Buffer]
  const bareUrl = `http://127.0.0.1:${Number(port)}`

  for (const round of [1, 2]) {
    report("bare node:http, requests/s", { round, ...(await load(`${bareUrl}/publish`, seconds, "POST")) })
    report("GET /healthz of the edge, requests/s", {
      round,
      ...(await load(`${product.edgeUrl}/healthz`, seconds, "GET")),
    })
    report("POST /publish, stored, requests/s", {
      round,
      ...(await load(`${product.edgeUrl}/publish`, seconds, "POST")),
    })
    report("POST /publish, stored, each with an Idempotency-Key, requests/s", {
      round,
      ...(await load(`${product.edgeUrl}/publish`, seconds, "POST", () => ({ "idempotency-key": randomUUID() }))),
    })
  }
  report("POST to resclient's add event on an idle machine, ms", summarize(await untilShown(product)))

  bare.kill()
  await product.stop()
}

/** Sends as fast as answers come, over 16 connections; each has a shop of its own. */
async function load(
  url: string,
  seconds: number,
  method: "GET" | "POST",
  headers: () => Record<string, string> = () => ({}),
): Promise<object> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const timings: number[] = []
  const run = async (until: number): Promise<void> => {
    const event = publishEvent()
    const body = JSON.stringify(event)
    while (performance.now() < until) {
      const start = performance.now()
      await (method === "GET"
        ? send(agent, url, method)
        : send(agent, `${url}/${event.shop_id}`, method, body, headers()))
      timings.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, () => run(performance.now() + 1000))) // warm
  timings.length = 0
  const start = performance.now()
  await Promise.all(Array.from({ length: CONNECTIONS }, () => run(start + seconds * 1000)))
  const perSecond = Math.round(timings.length / ((performance.now() - start) / 1000))
  agent.destroy()
  const { p50, p99 } = summarize(timings)
  return { perSecond, p50Ms: p50, p99Ms: p99 }
}

async function untilShown(product: { edgeUrl: string; gatewayWsUrl: string }): Promise<number[]> {
  const client = resClient(product.gatewayWsUrl)
  const agent = new Agent({ keepAlive: true })
  const event = publishEvent()
  const feed = await client.get<ClientCollection<ShownEvent>>(feedContract.name(event))
  let seen: () => void = () => {}
  feed.on("add", () => seen())
  const timings: number[] = []
  for (let i = 0; i < IDLE_POSTS + 50; i++) {
    const start = performance.now()
    const shown = new Promise<number>((resolve) => {
      seen = () => resolve(performance.now() - start)
    })
    await send(agent, `${product.edgeUrl}/publish/${event.shop_id}`, "POST", JSON.stringify(event))
    if (i >= 50) timings.push(await shown)
    else await shown
  }
  client.disconnect()
  agent.destroy()
  return timings
}

function send(
  agent: Agent,
  url: string,
  method: string,
  body = "",
  headers: Record<string, string> = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const ofBody = body === "" ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
    const req = request(url, { agent, method, headers: { ...ofBody, ...headers } }, (res) => {
      res.resume()
      res.on("end", () => (res.statusCode === 200 ? resolve() : reject(new Error(`answered ${res.statusCode}`))))
    })
    req.on("error", reject)
    req.end(body)
  })
}
