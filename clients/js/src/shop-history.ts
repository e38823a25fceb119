import type { HistoryFilter } from "../../../contract/history.ts"
import type { ShownEvent } from "../../../contract/publish-event.ts"
import { feed } from "../../../contract/store.ts"
import type { Connection } from "./connection.ts"
import { failureOf, isUnanswered } from "./failure.ts"

/** Pause before a part that could not be read is requested again, in ms, and the most attempts. */
const RETRY_MS = 1000
const RETRIES = 30

/** A part of a shop's history. */
export interface HistoryStep {
  /** Oldest first. */
  readonly events: readonly ShownEvent[]
  /** How much of the log was searched until now, from 0 to 1. */
  readonly share: number
}

/**
 * Reads all of a shop's events until now that match a filter, oldest first, from archive and log, part by part. While the service is
 * away or the connection is lost, it waits up to 30 s and continues.
 *
 * @param signal ends the reading
 * @throws the signal's reason, or the service's error
 */
export async function* readHistory(
  connection: Connection,
  shopId: string,
  filter: HistoryFilter,
  signal: AbortSignal,
): AsyncGenerator<HistoryStep> {
  const read = (params: object) => readPart(connection, shopId, params, signal)
  const { after: end } = await read({})
  for (let after = 0; after < end; ) {
    const part = await read({ ...filter, after })
    after = part.after
    const events = part.events.filter(({ seq }) => seq <= end)
    yield { events, share: part.end ? 1 : Math.min(1, after / end) }
    if (part.end) return
  }
}

async function readPart(connection: Connection, shopId: string, params: object, signal: AbortSignal) {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await connection.call(feed, { shop_id: shopId }, "read", params)
    } catch (reason) {
      if (!isPassing(reason) || attempt === RETRIES) throw reason
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

/** True for failures that may be over in a moment. */
function isPassing(reason: unknown): boolean {
  const failure = failureOf(reason)
  return (
    isUnanswered(failure) ||
    ["system.connectionError", "system.disconnect", "system.tooManyRequests"].includes(failure.code)
  )
}
