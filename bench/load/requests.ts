// The load process: runs each plan that it is sent, and sends back what came of it, or the text of an error.
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import autocannon, { type Client, type Request } from "autocannon"
import { connect, headers, type Msg, type NatsConnection } from "nats"
import { shopSubject } from "../../contract/subjects.ts"
import { publishEvent, publishEvents } from "../../test/helpers/events.ts"
import { producerHeaders } from "../../test/helpers/producers.ts"
import { Replies } from "../references/replies.ts"
import { summarize } from "../stats.ts"
import type { Outcome, Plan } from "./plan.ts"

type HeaderList = Readonly<Record<string, string>>

/** How often autocannon checks whether its time is over, in ms. */
const SAMPLE_MS = 50
/** More repeatable POSTs a second than any system answers. */
const MOST_PER_SECOND = 12_000

/** The headers of a connection's request by which it can be repeated. @param id of the connection */
const OWN_HEADERS: Readonly<Record<NonNullable<Plan["repeatable"]>, (id: string, seq: number) => HeaderList>> = {
  key: () => ({ "idempotency-key": randomUUID() }),
  producer: (id, seq) => producerHeaders({ id, epoch: 0, seq }),
}

process.on("message", (plan: Plan) => {
  const outcome = plan.door === "http" ? post(plan) : publish(plan)
  outcome.then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.(String(error)),
  )
})
// The bench ended.
process.on("disconnect", () => process.exit())
process.send?.("ready")

async function post({ url, connections, events, repeatable, shopIds, seconds }: Plan): Promise<Outcome> {
  const timings: number[] = []
  const bad = new Map<string, number>()
  const count = (what: string) => bad.set(what, (bad.get(what) ?? 0) + 1)
  let clients = 0
  // Made before the time begins: autocannon takes as long to make a request as a small server to answer it.
  const each = repeatable === undefined ? 1 : Math.ceil((MOST_PER_SECOND * seconds) / connections)
  const setupClient = (client: Client) => {
    const own = shopIds === undefined ? [randomUUID()] : shopsOf(shopIds, clients++, connections)
    client.setRequests(own.flatMap((shopId) => requests(events, repeatable, shopId, each)))
    let answers = 0
    client.on("response", (status, _bytes, ms) => {
      last = performance.now()
      // The first one counts from when its client was made.
      timings.push(answers++ === 0 ? last - start : ms)
      if (status !== 200) count(`answered ${status}`)
      if (repeatable !== undefined && answers === each) count("all prepared requests were sent")
    })
  }
  const run = autocannon({ url, connections, duration: seconds, sampleInt: SAMPLE_MS, setupClient }, () => {})
  run.on("reqError", (error: Error) => count(error.message))
  await once(run, "start")
  const cpu = process.cpuUsage()
  const start = performance.now()
  let last = start
  await once(run, "done")
  if (bad.size > 0) throw new Error(`${url}: ${[...bad].map(([what, times]) => `${what}: ${times} times`).join(", ")}`)
  return outcome(timings, last - start, cpu)
}

/** The share of one connection; one shop at least. */
function shopsOf(shopIds: readonly string[], connection: number, connections: number): string[] {
  return shopIds.filter((_, i) => i % connections === connection % shopIds.length)
}

function requests(events: number, repeatable: Plan["repeatable"], shopId: string, count: number): Request[] {
  const body = JSON.stringify(events === 1 ? publishEvent({ shop_id: shopId }) : publishEvents(events, shopId))
  const id = randomUUID()
  return Array.from({ length: count }, (_, i) => {
    const own = repeatable === undefined ? {} : OWN_HEADERS[repeatable](id, i + 1)
    return { method: "POST", path: `/publish/${shopId}`, headers: { "content-type": "application/json", ...own }, body }
  })
}

async function publish({ url, connections, events, seconds }: Plan): Promise<Outcome> {
  const nats = await connect({ servers: url })
  const replies = new Replies(nats)
  const timings: number[] = []
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1000
  const run = (send: Send, onEnd: () => void): void => {
    const sent = performance.now()
    send((ack) => {
      if (ack.json<{ seq?: number }>().seq === undefined) throw new Error(`JetStream refused: ${ack.string()}`)
      const now = performance.now()
      timings.push(now - sent)
      if (now < end) run(send, onEnd)
      else onEnd()
    })
  }
  const loops = Array.from({ length: connections }, () => {
    const send = events === 1 ? single(replies) : batch(nats, replies, events)
    return new Promise<void>((onEnd) => run(send, onEnd))
  })
  const late = sleep(seconds * 1000 + 10_000, undefined, { ref: false }).then(() => {
    throw new Error("JetStream did not answer")
  })
  await Promise.race([Promise.all(loops), late])
  const elapsedMs = performance.now() - start
  await nats.close()
  return outcome(timings, elapsedMs, cpu)
}

/** Publishes what has one acknowledgement. */
type Send = (onAck: (ack: Msg) => void) => void

function single(replies: Replies): Send {
  const event = publishEvent()
  const [subject, body] = [shopSubject(event.shop_id), JSON.stringify(event)]
  return (onAck) => replies.request(subject, body, onAck)
}

/** Events of one shop, all or none. */
function batch(nats: NatsConnection, replies: Replies, events: number): Send {
  const shopId = randomUUID()
  const subject = shopSubject(shopId)
  const bodies = publishEvents(events, shopId).map((event) => JSON.stringify(event))
  return (onAck) => {
    const id = randomUUID()
    for (const [i, body] of bodies.entries()) {
      const own = headers()
      own.set("Nats-Batch-Id", id)
      own.set("Nats-Batch-Sequence", String(i + 1))
      if (i < bodies.length - 1) {
        nats.publish(subject, body, { headers: own })
        continue
      }
      own.set("Nats-Batch-Commit", "1")
      replies.request(subject, body, onAck, own)
    }
  }
}

function outcome(timings: readonly number[], elapsedMs: number, before: NodeJS.CpuUsage): Outcome {
  const { user, system } = process.cpuUsage(before)
  if (timings.length === 0) throw new Error("there was no answer within the time of the load")
  const { count, p50, p99 } = summarize(timings)
  return { answers: count, elapsedMs, p50Ms: p50, p99Ms: p99, cpuSeconds: (user + system) / 1e6 }
}
