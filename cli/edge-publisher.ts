import { setTimeout as sleep } from "node:timers/promises"
import { AwayError, InterruptedError } from "./exit-status.ts"
import { ask, failureOf } from "./requests.ts"

/** Pause before a retry, in ms, if the answer does not say one. */
const RETRY_MS = 500
/** Most attempts for one request; each waits for as long as the edge asks. */
const MAX_ATTEMPTS = 8

export interface EdgePublisherOptions {
  /** Of the edge, without a slash at the end. */
  readonly edgeUrl: string
  /** With a token, if there is one. */
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** POSTs events to an edge, and repeats what could not be answered. */
export class EdgePublisher {
  readonly #options: EdgePublisherOptions

  constructor(options: EdgePublisherOptions) {
    this.#options = options
  }

  /**
   * Resolves to the sequences of the stored events.
   *
   * @param events one event, or an array that is stored as a whole
   * @param key the `Idempotency-Key`, so that repeated requests are stored once
   * @throws {RefusedError} the edge refuses them
   * @throws {AwayError} they may or may not be stored: all attempts got no answer · {InterruptedError} the same, since `signal` ended them
   */
  async publish(shopId: string, events: unknown, key: string): Promise<number[]> {
    const { edgeUrl, headers, signal } = this.#options
    const body = JSON.stringify(events)
    for (let attempt = 1; ; attempt++) {
      const request = { method: "POST", headers: { ...headers, "idempotency-key": key }, body, signal } as const
      const [answer, failure] = await ask(`${edgeUrl}/publish/${shopId}`, request).then(
        async (got) => [got, got.ok ? undefined : await failureOf(got)] as const,
        (error: unknown) => [undefined, error] as const,
      )
      if (answer?.ok) return await seqsIn(answer)
      if (signal.aborted)
        throw new InterruptedError("interrupted: what was sent last may or may not be stored", { cause: failure })
      if (!(failure instanceof AwayError) || attempt === MAX_ATTEMPTS) throw failure
      const pauseMs = Number(answer?.headers.get("retry-after") ?? 0) * 1000 || RETRY_MS
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
}

async function seqsIn(answer: Response): Promise<number[]> {
  const body = (await answer.json()) as readonly { readonly seq: number }[] | object
  return Array.isArray(body) ? body.map(({ seq }) => seq) : [Number(answer.headers.get("x-event-seq"))]
}
