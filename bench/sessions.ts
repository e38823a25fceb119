// Shared carts, through the old storefronts' WebSocket; service, edge, nats-server and the storefronts in processes of their
// own: 100 and 1,000 sessions of 4 members, each member one update a second; 100 sessions whose members send the next update
// when they have seen their own; and the largest session, one update every 5 s.
// npm run bench -- sessions [seconds]
import { fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { LoadOrder, LoadResult } from "./load/sessions.ts"
import { cpuSeconds, startProcesses } from "./processes.ts"
import { report, summarize } from "./stats.ts"

interface Shape {
  readonly sessions: number
  readonly members: number
  readonly cartBytes: number
}

const CART_BYTES = 1024
const WARM_UP_SECONDS = 3

process.env.LEGACY_MAX_SOCKETS_PER_ADDRESS = "10000"
const seconds = Number(process.argv[2] ?? 10)

await measure({ sessions: 100, members: 4, cartBytes: CART_BYTES }, ["paced", "closed"])
await measure({ sessions: 1000, members: 4, cartBytes: CART_BYTES }, ["paced"])
await measure({ sessions: 1, members: 50, cartBytes: 41_500 }, ["single"])

async function measure(shape: Shape, runs: readonly LoadOrder["run"][]): Promise<void> {
  const product = await startProcesses()
  const { service, edge, nats } = product.pids
  const idle = { service: residentKiB(service), edge: residentKiB(edge) }
  const args = [product.edgeUrl, `${shape.sessions}`, `${shape.members}`, `${shape.cartBytes}`]
  const load = fork(fileURLToPath(new URL("load/sessions.ts", import.meta.url)), args)
  const ended = once(load, "exit")
  const answer = async (): Promise<unknown> => {
    const [first] = await Promise.race([once(load, "message"), ended.then(() => ["the load process ended"])])
    return first
  }
  const order = async (run: LoadOrder["run"], forSeconds: number): Promise<LoadResult> => {
    load.send({ run, seconds: forSeconds } satisfies LoadOrder)
    const result = await answer()
    if (typeof result === "string") throw new Error(result)
    return result as LoadResult
  }
  try {
    if ((await answer()) !== "ready") throw new Error("the storefronts could not join")
    for (const run of runs) {
      await order(run, WARM_UP_SECONDS)
      const before = [service, edge, nats].map(cpuSeconds)
      const result = await order(run, seconds)
      const [ofService, ofEdge, ofNats] = [service, edge, nats].map((pid, i) => {
        return rounded((cpuSeconds(pid) - (before[i] ?? 0)) / result.seconds)
      })
      const perSession = (pid: number, before: number) => rounded((residentKiB(pid) - before) / shape.sessions)
      const { p50, p99, max } = summarize(result.delaysMs)
      report(`${shape.sessions} sessions x ${shape.members}, ${run}`, {
        updatesPerSecond: Math.round(result.updates / result.seconds),
        deliveriesPerSecond: Math.round(result.deliveries / result.seconds),
        mibPerSecond: rounded(result.deliveredBytes / result.seconds / 1024 / 1024),
        bytesOfUpdate: result.frameBytes,
        p50Ms: p50,
        p99Ms: p99,
        maxMs: max,
        cpuPerSecond: {
          service: ofService,
          edge: ofEdge,
          nats: ofNats,
          load: rounded(result.cpuSeconds / result.seconds),
        },
        residentMiB: { service: Math.round(residentKiB(service) / 1024), edge: Math.round(residentKiB(edge) / 1024) },
        kibPerSession: { service: perSession(service, idle.service), edge: perSession(edge, idle.edge) },
      })
    }
  } finally {
    load.kill()
    await ended
    await product.stop()
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

function residentKiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])
}
