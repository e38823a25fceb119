import { setTimeout as sleep } from "node:timers/promises"
import fc from "fast-check"
import { BasketTask } from "../../contract/basket-work.ts"
import type { Door, Outage, Target } from "./door.ts"
import { type HttpInput, httpDoor, type KnownRequests, rawHttpDoor } from "./edge-http.ts"
import { gatewaySocketDoor } from "./gateway-socket.ts"
import { legacyDoor } from "./legacy-socket.ts"
import { logDoor, requestDoor } from "./on-nats.ts"
import { Watchers } from "./watchers.ts"

/** Inputs that are sent at once. */
const AT_ONCE = 16

export interface FuzzOptions {
  /** Inputs in all, shared out among the doors. */
  readonly inputs: number
  readonly seed: number
  /** Told of each door: its name, how many inputs it got, and how long they took, in ms. */
  readonly report?: (door: string, inputs: number, ms: number) => void
}

/** How long an outage is, in ms; and one of how many batches comes during one. */
const OUTAGE_MS = 200
const BATCHES_PER_OUTAGE = 25

/** How the inputs are shared out. Broken HTTP costs a connection each. */
const SHARES = { edge: 0.25, raw: 0.05, legacy: 0.2, gateway: 0.2, api: 0.1, nats: 0.15, log: 0.05 }

/** Inputs that are sent together, and during which outage. */
interface FuzzBatch<Input> {
  readonly outage: Outage | undefined
  readonly inputs: Input[]
}

function oneOutage(outages: readonly Outage[]): fc.Arbitrary<Outage | undefined> {
  if (outages.length === 0) return fc.constant(undefined)
  return fc.oneof(
    { weight: BATCHES_PER_OUTAGE - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...outages) },
  )
}

/**
 * Sends odd inputs to every door of the product, while somebody watches two shops and two sessions, and now and then something is
 * away.
 *
 * @throws {Error} an answer that is a defect or none, something of one shop or session that was seen in the other, something
 *   that went wrong inside, or the product not working afterwards
 */
export async function fuzz(target: Target, { inputs, seed, report }: FuzzOptions): Promise<number> {
  const watchers = await Watchers.start(target)
  let total = 0
  const run = async <Input>(share: number, door: Door<Input>): Promise<void> => {
    await watchers.publishSecret()
    const started = performance.now()
    let sent = 0
    const wanted = Math.ceil(inputs * share)
    const batches = fc.record({
      outage: oneOutage(target.outages),
      inputs: fc.array(door.inputs, { minLength: 1, maxLength: AT_ONCE, size: "max" }),
    })
    const send = async ({ outage, inputs: batch }: FuzzBatch<Input>): Promise<void> => {
      sent += batch.length
      if (outage === undefined) return await door.send(batch, false)
      await outage.begin()
      const ending = sleep(OUTAGE_MS).then(() => outage.end())
      await door.send(batch, true).finally(() => ending)
    }
    try {
      const property = fc.asyncProperty(batches, async (batch) => {
        await send(batch)
        if (watchers.leaks.length > 0) throw new Error(watchers.leaks.join("\n"))
      })
      const { failed, errorInstance, counterexamplePath } = await fc.check(property, {
        seed,
        // About so many; what lacks is made up for below.
        numRuns: Math.ceil(wanted / (AT_ONCE / 2)),
        examples: door.regressions.map((regression): [FuzzBatch<Input>] => [
          { outage: undefined, inputs: [regression] },
        ]),
        endOnFailure: process.env.FUZZ_SHRINK === undefined,
      })
      if (failed) {
        const reason = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance)
        throw new Error(`${door.name}, seed ${seed}, path ${counterexamplePath}: ${reason}`)
      }
      for (let more = 1; sent < wanted; more++) {
        for (const batch of fc.sample(batches, { seed: seed + more, numRuns: Math.ceil((wanted - sent) / 8) }))
          await send(batch)
      }
    } finally {
      await door.close()
    }
    total += sent
    report?.(door.name, sent, performance.now() - started)
  }
  try {
    await run(SHARES.edge, httpDoor("HTTP at the edge", target.edgeUrl, target.auth, edgeRequests, edgeRegressions))
    await run(SHARES.raw / 2, rawHttpDoor("bytes at the edge", target.edgeUrl))
    await run(SHARES.raw / 2, rawHttpDoor("bytes at the gateway", target.gatewayUrl))
    await run(SHARES.legacy, legacyDoor(target.edgeUrl))
    await run(SHARES.gateway, gatewaySocketDoor(target))
    await run(SHARES.api, httpDoor("HTTP at the gateway", target.gatewayUrl, target.auth, apiRequests))
    await run(SHARES.nats, requestDoor(target))
    await run(SHARES.log, logDoor(target.nats))
    await watchers.settle()
    await watchers.tryEverything()
    if (watchers.leaks.length > 0) throw new Error(watchers.leaks.join("\n"))
    if (watchers.frames === 0) throw new Error("nothing was watched")
  } finally {
    await watchers.close()
  }
  const problems = await target.problems()
  if (problems.length > 0) throw new Error(problems.join("\n"))
  return total
}

const edgeRequests: KnownRequests = ({ shopId, sessionId, basketId }) => [
  ["POST", `/publish/${shopId}`],
  ["POST", `/publish/${shopId}`],
  ["POST", `/publish/${shopId}`],
  ["POST", `/publish/${shopId.toUpperCase()}`],
  ["POST", "/send"],
  ["POST", "/send"],
  ["POST", "/sessions"],
  ["GET", "/readyz"],
  ["GET", "/config.json"],
  ["GET", "/merchant/"],
  ["GET", "/storefront/widget.js"],
  ["GET", `/stream/${shopId}`],
  ["GET", `/stream/${shopId}?replay=5`],
  ["GET", `/export/${shopId}`],
  ["DELETE", `/shoppers/${basketId}`],
  ["GET", `/${sessionId}`],
]

const apiRequests: KnownRequests = ({ shopId, sessionId, basketId }) => [
  ["GET", `/api/store/${shopId}/feed`],
  ["GET", `/api/store/${shopId}/feed?before=5&limit=2`],
  ["POST", `/api/store/${shopId}/feed/publish`],
  ["POST", `/api/store/${shopId}/feed/publish`],
  ["GET", `/api/store/${shopId}/event/1`],
  ["GET", `/api/store/${shopId}/baskets`],
  ["GET", `/api/store/${shopId}/orders`],
  ["GET", `/api/store/${shopId}/abandoned`],
  ["GET", `/api/store/${shopId}/basket/${basketId}`],
  ...BasketTask.options.map((task): [string, string] => ["POST", `/api/store/${shopId}/basket/${basketId}/${task}`]),
  ["GET", `/api/store/${shopId}/stats`],
  ["GET", `/api/store/${shopId}/day/2026-03-29`],
  ["GET", `/api/store/${shopId}/days?from=2026-03-01&to=2026-03-31`],
  ["GET", `/api/store/${shopId}/profile`],
  ["POST", `/api/store/${shopId}/profile/set`],
  ["POST", `/api/store/${shopId}/watchers/watch`],
  ["GET", `/api/session/${sessionId}/multicart`],
  ["POST", `/api/session/${sessionId}/multicart/join`],
  ["GET", "/api/shopwire/health"],
]

const edgeRegressions: readonly HttpInput[] = []
