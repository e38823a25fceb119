import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { DemoEvent } from "./visit.ts"

/** Pause before a retry, in ms, if the answer has no `Retry-After`. */
const RETRY_MS = 1000
/** Time for the edge to answer, in ms. */
const ANSWER_TIMEOUT_MS = 10_000

/** The product refuses the demo's events for good. The message says why, for people. */
export class DemoError extends Error {
  override readonly name = "DemoError"
}

export interface PublisherOptions {
  /** `http://host:port` of the edge. */
  readonly edgeUrl: string
  /** A bearer token, if the product needs one. */
  readonly token: string | undefined
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** POSTs events as the customers' app does: one after the other, repeating each until it is stored. */
export class Publisher {
  readonly #options: PublisherOptions
  #troubled = false

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /**
   * Resolves when the event is stored, or the demo is stopped.
   *
   * @throws {DemoError} it will never be stored
   */
  async publish(event: DemoEvent): Promise<void> {
    const { edgeUrl, token, signal } = this.#options
    const body = JSON.stringify({ ...event, create_time: new Date().toISOString() })
    const headers = {
      "content-type": "application/json",
      // An event whose answer was lost must not be stored twice.
      "idempotency-key": randomUUID(),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    while (!signal.aborted) {
      const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
      const url = `${edgeUrl}/publish/${event.shop_id}`
      const answer = await fetch(url, { method: "POST", headers, body, signal: within }).catch(() => undefined)
      const text = await answer?.text().catch(() => "")
      if (answer?.ok) return this.#recovered()
      if (answer !== undefined && answer.status !== 429 && answer.status < 500) {
        const hint =
          answer.status === 401 || answer.status === 403 ? "; DEMO_TOKEN must be a token that may publish" : ""
        throw new DemoError(`${url} answers ${answer.status}: ${text}${hint}`)
      }
      if (!signal.aborted) this.#inTrouble(answer === undefined ? "does not answer" : `answers ${answer.status}`)
      const pauseMs = Number(answer?.headers.get("retry-after") ?? 0) * 1000 || RETRY_MS
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }

  #inTrouble(what: string): void {
    if (!this.#troubled) this.#options.say(`${this.#options.edgeUrl} ${what}; trying again`)
    this.#troubled = true
  }

  #recovered(): void {
    if (this.#troubled) this.#options.say("going on")
    this.#troubled = false
  }
}
