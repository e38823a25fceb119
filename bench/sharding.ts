// What sharding costs a service that runs as one process: CPU time of a call, which sends an event, and of a get, of a small RES service
// alone and as the only process that has all shards, in turns; and the CPU time of both when nobody asks.
// npm run bench -- sharding [seconds of each in a round] [rounds]
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { connectNats } from "res-service"
import { Client } from "res-service/client"
import { NODE_FLAGS } from "../config/node-flags.ts"
import { startNats } from "../test/helpers/nats.ts"
import { endChild, firstLine, startChild } from "./children.ts"
import { inTurns, measureOptions } from "./figures/measure.ts"
import { printFigures } from "./figures/print.ts"
import { cpuSeconds } from "./processes.ts"

/** Requests under way. */
const AT_ONCE = 16
const NAMES = 1000
const MICROS = 1_000_000

const service = fileURLToPath(new URL("sharding/service.ts", import.meta.url))
const nats = await startNats()
const conn = await connectNats(nats.url)
const client = new Client(conn)
const systems = await Promise.all(
  ["alone", "sharded"].map(async (kind) => {
    const flags = [...NODE_FLAGS, "--import=tsx", "--conditions=@res-service/source"]
    const child = startChild(process.execPath, [...flags, service, kind, nats.url], { stdout: "pipe" })
    await firstLine(child)
    return { kind, child, pid: child.pid ?? 0 }
  }),
)

const requests = {
  call: (name: string) => client.call(name, "touch"),
  get: (name: string) => client.get(name),
}
const measurements = systems.flatMap(({ kind, pid }) => [
  ...Object.entries(requests).map(([name, request]) => ({
    name,
    system: kind,
    measure: (seconds: number) => measureRequests(pid, seconds, (i) => request(`${kind}.thing.${i % NAMES}`)),
  })),
  { name: "idle", system: kind, measure: (seconds: number) => measureIdle(pid, seconds) },
])
// In the order of loads, so that one directly follows the other.
measurements.sort((one, other) => one.name.localeCompare(other.name))
for (const { measure } of measurements) await measure(1) // warm
printFigures(await inTurns(measurements, measureOptions(process.argv.slice(2), 3, 5)))

client.close()
await conn.close()
for (const { child } of systems) await endChild(child, "SIGKILL")
await nats.stop()

async function measureRequests(pid: number, seconds: number, request: (i: number) => Promise<unknown>) {
  const before = cpuSeconds(pid)
  const started = performance.now()
  let count = 0
  const send = async (): Promise<void> => {
    while (performance.now() - started < seconds * 1000) await request(count++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, send))
  const perSecond = count / ((performance.now() - started) / 1000)
  return { perSecond, cpuMicros: ((cpuSeconds(pid) - before) * MICROS) / count }
}

async function measureIdle(pid: number, seconds: number) {
  const before = cpuSeconds(pid)
  await sleep(seconds * 1000)
  return { cpuMillisPerSecond: ((cpuSeconds(pid) - before) * 1000) / seconds }
}
