// What honest clients notice, and what memory it takes, while somebody attacks edge or gateway: before, meanwhile, afterwards.
// npm run bench -- hostile [seconds, 15 by default] [those attacks whose name has this]
import { fork } from "node:child_process"
import { once } from "node:events"
import { Agent } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { feed } from "../contract/store.ts"
import { publishEvent } from "../test/helpers/events.ts"
import { resClient } from "../test/helpers/res-client.ts"
import type { AttackResult } from "./load/hostile.ts"
import { send } from "./load/send.ts"
import { memoryMiB, startProcesses } from "./processes.ts"
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
  "cart updates in the largest session": 50,
  "refused updates in the largest session": 50,
  "cart updates in twenty large sessions": 400,
}

await main(Number(process.argv[2] ?? 15), process.argv[3] ?? "")

async function main(seconds: number, wanted: string): Promise<void> {
  const product = await startProcesses()
  const agent = new Agent({ keepAlive: true })
  const client = resClient(product.gatewayWsUrl)
  const memory = () => ({ edgeMiB: memoryMiB(product.pids.edge).now, gatewayMiB: memoryMiB(product.pids.gateway).now })

  const honest = async (forSeconds: number): Promise<object> => {
    const [posts, calls, probes]: [number[], number[], number[]] = [[], [], []]
    const end = performance.now() + forSeconds * 1000
    while (performance.now() < end) {
      const event = publishEvent()
      posts.push(
        await timed(() => send(agent, "POST", `${product.edgeUrl}/publish/${event.shop_id}`, JSON.stringify(event))),
      )
      calls.push(await timed(() => client.call(feed.name(event), "publish", event)))
      probes.push(await timed(() => send(agent, "GET", `${product.edgeUrl}/healthz`)))
      await sleep(1000 / RATE)
    }
    const [ofPosts, ofCalls, ofProbes] = [summarize(posts), summarize(calls), summarize(probes)]
    return {
      requests: ofPosts.count,
      postP50Ms: ofPosts.p50,
      postP99Ms: ofPosts.p99,
      callP50Ms: ofCalls.p50,
      callP99Ms: ofCalls.p99,
      healthP50Ms: ofProbes.p50,
      healthP99Ms: ofProbes.p99,
    }
  }

  await honest(3)
  for (const [name, count] of Object.entries(attacks).filter(([each]) => each.includes(wanted))) {
    report(`${name}, before`, { ...(await honest(3)), ...memory() })
    const load = fork(
      fileURLToPath(new URL("load/hostile.ts", import.meta.url)),
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
