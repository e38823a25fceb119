import { setTimeout as sleep } from "node:timers/promises"

const PAUSE_MS = 10

/** How long a test waits for what must come: so long that only a fault lets it pass, on a busy machine, too. */
export const PATIENCE_MS = 60_000

/** Waits until `probe` gives something other than undefined or false. The error after `timeoutMs` names what was waited for. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await sleep(PAUSE_MS)
  }
}
