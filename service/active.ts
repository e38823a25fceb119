import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { type NatsConnection, RequestError } from "nats"
import type { Logger } from "res-service"

/** Where the active service answers who it is. */
const SUBJECT = "shopwire.service.active"

const ASK_TIMEOUT_MS = 500
/** Time for all who claim to be active to answer, in ms. */
const CLAIMS_TIMEOUT_MS = 150
/** A service that has reconnected answers again well before this many silent polls. */
const SILENT_POLLS = 3
const POLL_INTERVAL_MS = 500

interface Claim {
  /** Ms since the epoch; of two claims the earlier one counts. */
  readonly since: number
  readonly id: string
}

/**
 * Waits until no other service is active, then makes this one the active one: two that send the events of the same feeds
 * would show each event twice. Resolves to how to step down.
 *
 * @param onDisplaced called when, after a lost connection, an earlier one turns out to be active too
 */
export async function becomeActive(nc: NatsConnection, logger: Logger, onDisplaced: () => void): Promise<() => void> {
  for (;;) {
    await untilNobodyIs(nc, logger)
    const claim: Claim = { since: Date.now(), id: randomUUID() }
    const subscription = nc.subscribe(SUBJECT, {
      callback: (_, msg) => {
        msg.respond(JSON.stringify(claim))
      },
    })
    await nc.flush()
    if (await isEarliest(nc, claim)) {
      void watchReconnects(nc, claim, onDisplaced)
      return () => subscription.unsubscribe()
    }
    subscription.unsubscribe() // another one started at the same moment
  }
}

async function untilNobodyIs(nc: NatsConnection, logger: Logger): Promise<void> {
  if (!(await isAnybody(nc))) return
  logger.info({}, "another service is active; standing by to take its place")
  for (let silent = 0; silent < SILENT_POLLS; ) {
    await sleep(POLL_INTERVAL_MS)
    silent = (await isAnybody(nc)) ? 0 : silent + 1
  }
  logger.info({}, "the other service is gone; taking its place")
}

/** True unless the server knows that nobody listens: one that is slow to answer is active all the same. Rejects once closed. */
async function isAnybody(nc: NatsConnection): Promise<boolean> {
  try {
    await nc.request(SUBJECT, "", { timeout: ASK_TIMEOUT_MS })
    return true
  } catch (error) {
    if (nc.isClosed()) throw error
    return !(error instanceof RequestError && error.isNoResponders())
  }
}

async function isEarliest(nc: NatsConnection, own: Claim): Promise<boolean> {
  const answers = await nc.requestMany(SUBJECT, "", { maxWait: CLAIMS_TIMEOUT_MS, strategy: "timer" })
  for await (const answer of answers) {
    const other = answer.json<Claim>()
    if (other.since < own.since || (other.since === own.since && other.id < own.id)) return false
  }
  return true
}

async function watchReconnects(nc: NatsConnection, claim: Claim, onDisplaced: () => void): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type !== "reconnect") continue
    const stillEarliest = await isEarliest(nc, claim).catch(() => true) // lost again: asked again at the next reconnect
    if (!stillEarliest) return onDisplaced()
  }
}
