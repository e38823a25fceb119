// npm run bench -- takeover [rounds]: how long a shop's feed is not answered when its owner, one of two services, is killed, stopped
// (SIGSTOP), cut off from NATS, or asked to stop.
import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { Kvm } from "@nats-io/kv"
import { partitionOf } from "../service/log/subjects.ts"
import { SHARDS } from "../service/shards.ts"
import { startProduct } from "../test/helpers/product.ts"
import { ServiceProcess } from "../test/helpers/service-process.ts"
import { until } from "../test/helpers/until.ts"
import { report, summarize } from "./stats.ts"

const DEADLINE_MS = 60_000
const PAUSE_MS = 20
/** Time for one answer. Most of the time nobody answers at all. */
const ANSWER_MS = 100

const rounds = Number(process.argv[2] ?? 5)
const product = await startProduct()
await product.stopService()
const start = () => ServiceProcess.start({ natsPort: product.natsServer.port })

const faults: Readonly<Record<string, (owner: ServiceProcess) => unknown>> = {
  killed: (owner) => owner.signal("SIGKILL"),
  "stopped (SIGSTOP)": (owner) => owner.signal("SIGSTOP"),
  "cut off from NATS": (owner) => owner.link.stall(),
  "asked to stop": (owner) => owner.signal("SIGTERM"),
}
for (const [name, fault] of Object.entries(faults)) {
  const pauses: number[] = []
  for (let i = 0; i < rounds; i++) pauses.push(await pauseOf(fault))
  report(`a shop's feed is not answered when its owner is ${name}, ms`, summarize(pauses))
}
await product.stop()

async function pauseOf(fault: (owner: ServiceProcess) => unknown): Promise<number> {
  const [first, second] = [await start(), await start()]
  await until(
    "both to share the shards",
    () => first.shards + second.shards === SHARDS && second.shards > 0,
    DEADLINE_MS,
  )
  const shopId = randomUUID()
  const owner = (await ownerPid(shopId)) === first.pid ? first : second
  const begin = performance.now()
  fault(owner)
  let lastAnswerAt = begin
  let longestMs = 0
  // One that is asked to stop still answers for a while, and hands over then.
  const end = async (): Promise<boolean> => (await ownerPid(shopId)) !== owner.pid && (await isAnswered(shopId))
  for (let isOver = false; !isOver; ) {
    await sleep(PAUSE_MS)
    if (!(await isAnswered(shopId))) continue
    const now = performance.now()
    longestMs = Math.max(longestMs, now - lastAnswerAt)
    lastAnswerAt = now
    isOver = await end()
  }
  await Promise.all([first.end(), second.end()])
  return longestMs
}

async function isAnswered(shopId: string): Promise<boolean> {
  const answer = await product.nats
    .request(`get.store.${shopId}.feed`, "{}", { timeout: ANSWER_MS })
    .catch(() => undefined)
  return answer?.string().startsWith("{") === true
}

async function ownerPid(shopId: string): Promise<number | undefined> {
  const bucket = await new Kvm(product.nats).open("shopwire-shards")
  const shard = await bucket.get(`shard.${partitionOf(shopId)}`)
  const member = await bucket.get(`member.${shard?.json<{ owner?: string }>().owner}`)
  return member?.operation === "PUT" ? member.json<{ pid: number }>().pid : undefined
}
