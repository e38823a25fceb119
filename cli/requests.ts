import type { Problem } from "../contract/problem.ts"
import { AwayError, InterruptedError, RefusedError } from "./exit-status.ts"
import { harmless } from "./terminal.ts"

/** Time for an answer, in ms. */
const ANSWER_TIMEOUT_MS = 10_000

export interface RequestOptions {
  readonly method?: "GET" | "POST"
  readonly headers?: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body?: string
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/**
 * Sends a request, and resolves to its answer, whatever its status.
 *
 * @throws {AwayError} nothing answers · {InterruptedError} `signal` ends it
 */
export async function ask(url: string, options: RequestOptions = {}): Promise<Response> {
  const { signal, timeoutMs = ANSWER_TIMEOUT_MS, headers = {}, body, ...rest } = options
  const signals = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]
  try {
    return await fetch(url, {
      ...rest,
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any(signals),
    })
  } catch (error) {
    if (signal?.aborted === true) throw new InterruptedError("interrupted")
    throw new AwayError(`${new URL(url).origin} does not answer (${reasonOf(error)}): is the product running there?`)
  }
}

/**
 * The JSON of a successful answer.
 *
 * @throws {AwayError} nothing answers, or something away is why it could not
 * @throws {RefusedError} any other answer
 */
export async function askJson(url: string, options: RequestOptions = {}): Promise<unknown> {
  const answer = await ask(url, options)
  if (!answer.ok) throw await failureOf(answer)
  return await answer.json().catch(() => {
    throw new AwayError(`${new URL(url).origin} answers something else than JSON: another program listens there`)
  })
}

/** Why an answer is no success. */
export async function failureOf(answer: Response): Promise<RefusedError | AwayError> {
  const body = (await answer.json().catch(() => ({}))) as Partial<Problem> & { readonly message?: string }
  const { detail = body.message ?? answer.statusText, code, errors = [] } = body
  const entries = errors.map(({ pointer, parameter, header, detail: wrong }) =>
    harmless(`  ${pointer ?? parameter ?? header}: ${wrong}`),
  )
  const text = [`${answer.status} ${code === undefined ? "" : `${code}: `}${harmless(detail)}`, ...entries].join("\n")
  return answer.status === 429 || answer.status >= 500 ? new AwayError(text) : new RefusedError(text)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && "code" in cause ? String(cause.code) : error.message
}
