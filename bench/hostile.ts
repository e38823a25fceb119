// What honest clients notice, and what memory it takes, while somebody attacks edge or gateway: before, meanwhile, afterwards.
// npm run bench -- hostile [seconds, 15 by default] [those attacks whose name has this]
import { fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { Agent, request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { publishEvent } from "../test/helpers/events.ts"
import { resClient } from "../test/helpers/res-client.ts"
import type { AttackResult } from "./hostile-load.ts"
import { startProcesses } from "./processes.ts"
import { report, summarize, timed } from "./stats.ts"

/** Honest requests a second, to each door. */
const RATE = 20

/** Connections of each attack. */
const attacks: Readonly<Record<string, number>> = {
  "slowloris at the edge": 2000,
  "slowloris at the gateway": 2000,
  "idle sockets at the edge": 10_000,
  "idle sockets at the gateway": 10_000,
  "huge headers at the edge": 50,
  "compressed bombs at the edge": 16,
  "tiny frames at the edge": 8,
  "tiny frames at the gateway": 8,
}

await main(Number(process.argv[2] ?? 15), process.argv[3] ?? "")

async function main(seconds: number, wanted: string): Promise<void> {
  const product = await startProcesses()
  const agent = new Agent({ keepAlive: true })
  const client = resClient(product.gatewayWsUrl)
  const memory = () => ({ edgeMiB: rssMiB(product.pids.edge), gatewayMiB: rssMiB(product.pids.gateway) })

  const honest = async (forSeconds: number): Promise<object> => {
    const [posts, calls]: [number[], number[]] = [[], []]
    const end = performance.now() + forSeconds * 1000
    while (performance.now() < end) {
      const event = publishEvent()
      posts.push(await timed(() => post(agent, `${product.edgeUrl}/publish/${event.shop_id}`, JSON.stringify(event))))
      calls.push(await timed(() => client.call(`store.${event.shop_id}.feed`, "publish", event)))
      await sleep(1000 / RATE)
    }
    const [post50, call50] = [summarize(posts), summarize(calls)]
    return {
      requests: post50.count,
      postP50Ms: post50.p50,
      postP99Ms: post50.p99,
      callP50Ms: call50.p50,
      callP99Ms: call50.p99,
    }
  }

  await honest(3)
  for (const [name, count] of Object.entries(attacks).filter(([each]) => each.includes(wanted))) {
    report(`${name}, before`, { ...(await honest(3)), ...memory() })
    const load = fork(
      fileURLToPath(new URL("hostile-load.ts", import.meta.url)),
      [name, product.edgeUrl, product.gatewayUrl, String(count)],
      {
        execArgv: process.execArgv,
      },
    )
    await once(load, "message")
    const during = await honest(seconds)
    const atItsEnd = memory()
    const answered = once(load, "message") as Promise<[AttackResult]>
    const exited = once(load, "exit")
    load.send("stop")
    const [result] = await answered
    report(`${name}: ${count} connections`, { ...during, ...atItsEnd, ...result })
    await exited
    await sleep(2000)
    report(`${name}, afterwards`, { ...(await honest(3)), ...memory() })
  }
  client.disconnect()
  agent.destroy()
  await product.stop()
}

function rssMiB(pid: number): number {
  const [, kib = "0"] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  return Math.round(Number(kib) / 1024)
}

function post(agent: Agent, url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
    const req = request(url, { agent, method: "POST", headers }, (res) => {
      res.resume()
      res.on("end", () => (res.statusCode === 200 ? resolve() : reject(new Error(`answered ${res.statusCode}`))))
    })
    req.on("error", reject)
    req.end(body)
  })
}
