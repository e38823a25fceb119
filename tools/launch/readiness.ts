import { setTimeout as sleep } from "node:timers/promises"
import { StartError } from "./start-error.ts"

/** Pause between two looks; a look that fails is cheap. */
const POLL_MS = 25

/** When a wait is told of first, and how often then. */
const FIRST_PROGRESS_MS = 2000
const PROGRESS_MS = 10_000

/** One look costs at most this, so that a peer which accepts and says nothing doesn't eat the whole deadline. */
const LOOK_MS = 2000

export interface WaitOptions {
  readonly deadlineMs: number
  /** Says why waiting is in vain, as soon as it is. */
  readonly hopeless?: () => string | undefined
  /** Called after two seconds, and then every ten. */
  readonly progress?: (line: string) => void
}

/**
 * Waits until `look` gives a value.
 *
 * @throws {StartError} naming `what` when the deadline has passed, with the last failed look's reason
 */
export async function waitUntil<T>(
  what: string,
  look: (signal: AbortSignal) => Promise<T>,
  options: WaitOptions,
): Promise<T> {
  const started = Date.now()
  let nextProgress = started + FIRST_PROGRESS_MS
  let last = ""
  while (Date.now() - started < options.deadlineMs) {
    const reason = options.hopeless?.()
    if (reason !== undefined) throw new StartError(`${what}: ${reason}`)
    try {
      return await look(AbortSignal.timeout(LOOK_MS))
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    if (Date.now() > nextProgress) {
      nextProgress += PROGRESS_MS
      options.progress?.(`still waiting for ${what} (${last})`)
    }
    await sleep(POLL_MS)
  }
  throw new StartError(`${what} was not ready within ${options.deadlineMs / 1000} s (${last})`)
}

/** Resolves when a GET of `url` is answered, and with 200 if `ok`; rejects when not. */
export async function httpAnswers(url: string, signal: AbortSignal, { ok }: { ok: boolean }): Promise<void> {
  const response = await fetch(url, { signal, redirect: "manual" }).catch((error: Error) => {
    throw error.cause instanceof Error ? error.cause : error
  })
  await response.body?.cancel()
  if (ok && response.status !== 200) throw new Error(`GET ${url} answers ${response.status}`)
}
