import { setTimeout as sleep } from "node:timers/promises"
import { StartError } from "./start-error.ts"

/** Pause between two attempts, in ms; a failed attempt is cheap. */
const POLL_MS = 25

/** When a wait is reported first, and how often then, in ms. */
const FIRST_PROGRESS_MS = 2000
const PROGRESS_MS = 10_000

/** Time limit of one attempt, in ms, so that a silent peer does not use up the whole deadline. */
const LOOK_MS = 2000

export interface WaitOptions {
  readonly deadlineMs: number
  /** Returns why waiting is pointless, as soon as it is. */
  readonly hopeless?: () => string | undefined
  /** Called after two seconds, and then every ten. */
  readonly progress?: (line: string) => void
}

/**
 * Waits until `look` resolves.
 *
 * @throws {StartError} the deadline has passed; names `what`, and the reason of the last failure
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

/** Resolves if a GET of `url` is answered (with 200 if `ok`), else rejects. */
export async function httpAnswers(url: string, signal: AbortSignal, { ok }: { ok: boolean }): Promise<void> {
  const response = await fetch(url, { signal, redirect: "manual" }).catch((error: Error) => {
    throw error.cause instanceof Error ? error.cause : error
  })
  await response.body?.cancel()
  if (ok && response.status !== 200) throw new Error(`GET ${url} answers ${response.status}`)
}
