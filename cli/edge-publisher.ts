import { setTimeout as sleep } from "node:timers/promises"
import { AwayError, InterruptedError, RefusedError } from "./exit-status.ts"
import { ask, failureOf } from "./requests.ts"

/** Pause before a retry, in ms, if the answer does not say one. */
const RETRY_MS = 500
/** Most attempts for one request; each waits for as long as the edge asks. */
const MAX_ATTEMPTS = 8
/** How long the answer of the request that is under way is waited for after Ctrl-C, in ms. */
const LAST_ANSWER_MS = 2000

const UNKNOWN = "interrupted: what was sent last may or may not be stored"

export interface EdgePublisherOptions {
  /** Of the edge, without a slash at the end. */
  readonly edgeUrl: string
  /** With a token, if there is one. */
  readonly headers: Readonly<Record<string, string>>
  /** Ends pauses and further requests at once. */
  readonly signal: AbortSignal
  /** How long the answer of the request that is under way is waited for after that, in ms. Default: 2 s. */
  readonly lastAnswerMs?: number
}

/** POSTs events to an edge, and repeats what could not be answered. */
export class EdgePublisher {
  readonly #options: EdgePublisherOptions
  /** Aborted when the request that is under way has had its time. */
  readonly #end = new AbortController()

  constructor(options: EdgePublisherOptions) {
    this.#options = options
    const { signal, lastAnswerMs = LAST_ANSWER_MS } = options
    signal.addEventListener("abort", () => setTimeout(() => this.#end.abort(), lastAnswerMs).unref(), { once: true })
  }

  /**
   * Resolves to the sequences of the stored events, also if `signal` came before the answer.
   *
   * @param events one event, or an array that is stored as a whole
   * @param key the `Idempotency-Key`, so that repeated requests are stored once
   * @throws {RefusedError} the edge refuses them
   * @throws {AwayError} they may or may not be stored: all attempts got no answer · {InterruptedError} the same, since `signal` ended them;
   * or it came before they were sent
   */
  async publish(shopId: string, events: unknown, key: string): Promise<number[]> {
    const { edgeUrl, headers, signal } = this.#options
    const body = JSON.stringify(events)
    const request = { method: "POST", headers: { ...headers, "idempotency-key": key }, body } as const
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) throw new InterruptedError(attempt === 1 ? "interrupted" : UNKNOWN)
      let retryAfter: string | null = null
      let failure: unknown
      try {
        const answer = await ask(`${edgeUrl}/publish/${shopId}`, { ...request, signal: this.#end.signal })
        if (answer.ok) return await seqsIn(answer)
        retryAfter = answer.headers.get("retry-after")
        failure = await failureOf(answer)
      } catch (error) {
        failure = error
      }
      if (signal.aborted && !(failure instanceof RefusedError)) throw new InterruptedError(UNKNOWN, { cause: failure })
      if (!(failure instanceof AwayError) || attempt === MAX_ATTEMPTS) throw failure
      const pauseMs = Number(retryAfter ?? 0) * 1000 || RETRY_MS
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
}

async function seqsIn(answer: Response): Promise<number[]> {
  const body = (await answer.json().catch(() => {
    throw new AwayError("the answer was cut off, or is no JSON: the events may or may not be stored")
  })) as readonly { readonly seq: number }[] | object
  return Array.isArray(body) ? body.map(({ seq }) => seq) : [Number(answer.headers.get("x-event-seq"))]
}
