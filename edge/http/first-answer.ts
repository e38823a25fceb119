import { setTimeout as sleep } from "node:timers/promises"
import { ResError } from "res-service"
import { AWAY } from "./shop-path.ts"

/**
 * How long a request waits for an absent service, in ms: longer than a restart of service or NATS, shorter than proxies wait for
 * an answer (60 s). An EventSource gives up for good at its first error, so it must wait. Nothing is sent meanwhile, because it
 * is not known yet whether the caller may read.
 */
const WAIT_MS = 20_000
/** First and longest pause before the edge asks the service again, in ms; doubled each time, with jitter. */
const FIRST_PAUSE_MS = 250
const GREATEST_PAUSE_MS = 4000

/**
 * Asks the service until it answers, for at most `WAIT_MS`. Rejects with the service's `ResError`, or with the last reason why
 * there was no answer.
 *
 * @param wait takes a place among the waiting requests and returns a function that frees it; if it throws, the wait ends
 * @param gone ends the wait: the client has left, or the edge stops
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
