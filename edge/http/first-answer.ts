import { setTimeout as sleep } from "node:timers/promises"
import { ResError } from "res-service"
import { AWAY } from "./shop-path.ts"

/**
 * How long a request waits for an absent service, in ms: longer than a restart of service or NATS, shorter than proxies wait for
 * an answer (60 s). An EventSource gives up for good at its first error, so it has to wait. Nothing is sent meanwhile, since
 * nobody knows yet whether it is allowed.
 */
const WAIT_MS = 20_000
/** Pauses before the edge asks the service again, in ms: doubled each time, with jitter. */
const FIRST_PAUSE_MS = 250
const GREATEST_PAUSE_MS = 4000

/**
 * Asks the service until it answers, for at most `WAIT_MS`. Rejects with the service's `ResError`, or with the last reason why
 * there was no answer.
 *
 * @param wait takes a place among those that wait, and returns how to give it back; what it throws ends the waiting
 * @param gone ends the waiting: the client has left, or the edge stops
 */
export async function firstAnswer<T>(ask: () => Promise<T>, wait: () => () => void, gone: AbortSignal): Promise<T> {
  const end = performance.now() + WAIT_MS
  let stopWaiting: (() => void) | undefined
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, GREATEST_PAUSE_MS)) {
      try {
        return await ask()
      } catch (error) {
        const isAway = error instanceof ResError && AWAY.includes(error.code)
        const thisPauseMs = pauseMs * (0.5 + Math.random())
        if (!isAway || gone.aborted || performance.now() + thisPauseMs > end) throw error
        stopWaiting ??= wait()
        await sleep(thisPauseMs, undefined, { signal: gone }).catch(() => {
          throw error
        })
      }
    }
  } finally {
    stopWaiting?.()
  }
}
