// npm run bench -- takeover [rounds]: how long publishing pauses when the active of two services is killed, stopped (SIGSTOP),
// cut off from NATS, or asked to stop.
import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { publishEvent } from "../test/helpers/events.ts"
import { post } from "../test/helpers/http.ts"
import { startProduct } from "../test/helpers/product.ts"
import { ServiceProcess } from "../test/helpers/service-process.ts"
import { until } from "../test/helpers/until.ts"
import { report, summarize } from "./stats.ts"

const DEADLINE_MS = 60_000
const PAUSE_MS = 20

const rounds = Number(process.argv[2] ?? 5)
const product = await startProduct({ serviceTimeoutMs: 500 })
await product.stopService()
const start = () => ServiceProcess.start({ natsPort: product.natsServer.port })

const faults: Readonly<Record<string, (active: ServiceProcess) => unknown>> = {
  killed: (active) => active.signal("SIGKILL"),
  "stopped (SIGSTOP)": (active) => active.signal("SIGSTOP"),
  "cut off from NATS": (active) => active.link.stall(),
  "asked to stop": (active) => active.signal("SIGTERM"),
}
for (const [name, fault] of Object.entries(faults)) {
  const pauses: number[] = []
  for (let i = 0; i < rounds; i++) pauses.push(await pauseOf(fault))
  report(`publishing pauses when the active service is ${name}, ms`, summarize(pauses))
}
await product.stop()

async function pauseOf(fault: (active: ServiceProcess) => unknown): Promise<number> {
  const active = await start()
  await until("one to be active", () => active.role === "active", DEADLINE_MS)
  const standby = await start()
  await until("one to stand by", () => standby.role === "standby", DEADLINE_MS)
  const shopId = randomUUID()
  const stored = async (): Promise<boolean> =>
    (await post(`${product.edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId }))).status === 200
  await until("an event to be stored", stored, DEADLINE_MS)
  const begin = performance.now()
  fault(active)
  for (;;) {
    await sleep(PAUSE_MS)
    // The one that is asked to stop still answers for a moment.
    if (standby.role === "active" && (await stored())) break
  }
  const pauseMs = performance.now() - begin
  await Promise.all([active.end(), standby.end("SIGTERM")])
  return pauseMs
}
