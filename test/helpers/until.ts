import { setTimeout as sleep } from "node:timers/promises"

/** Pauses between probes, in ms: the longer it has waited the longer, so that a long wait costs little processor time. */
const LEAST_PAUSE_MS = 10
const GREATEST_PAUSE_MS = 100
const PAUSE_SHARE = 0.05

/** How long a test waits for what must come: so long that only a fault lets it pass, on a busy machine, too. */
export const PATIENCE_MS = 60_000

/**
 * Waits until `probe` gives something other than undefined or false. The error after `timeoutMs` names what was waited for.
 *
 * @param what a function if it says what is there instead
 */
export async function until<T>(
  what: string | (() => string),
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const begin = performance.now()
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    const waitedMs = performance.now() - begin
    if (waitedMs > timeoutMs) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${typeof what === "string" ? what : what()}`)
    }
    await sleep(Math.min(GREATEST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, PAUSE_SHARE * waitedMs)))
  }
}
