import type { ErrorCode } from "../../../../contract/errors.ts"
import type { Problem, ProblemEntry } from "../../../../contract/problem.ts"

/** The longest pause that an answer may ask for, in ms. */
const LONGEST_RETRY_AFTER_MS = 60 * 60_000

/** What is known of a problem. */
type ProblemMembers = { readonly [K in keyof Problem]?: Problem[K] | undefined }

/**
 * The edge refused a request, or could not answer it.
 *
 * Source: RFC 9457, "Members of a Problem Details Object"; docs/errors.md has the codes.
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError"
  readonly status: number
  /** The service's error code; undefined if the edge, or something before it, refused. */
  readonly code: ErrorCode | (string & {}) | undefined
  /** One entry for each part of the request that is wrong. */
  readonly errors: readonly ProblemEntry[]
  /** To ask for in a report; undefined if something before the edge answered. */
  readonly requestId: string | undefined
  /** When to try again, in ms, at most an hour; undefined if the answer did not say. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, { detail, title, code, errors, request_id }: ProblemMembers, retryAfterMs?: number) {
    super(detail ?? title ?? `The answer was ${status}`)
    this.status = status
    this.code = code
    this.errors = errors ?? []
    this.requestId = request_id
    this.retryAfterMs = retryAfterMs
  }

  /** Reads an answer that is no success. */
  static async from(response: Response): Promise<ProblemError> {
    const { status, headers } = response
    const isProblem = headers.get("content-type")?.startsWith("application/problem+json") ?? false
    const body: unknown = isProblem ? await response.json().catch(() => undefined) : undefined
    const problem = typeof body === "object" && body !== null ? (body as Partial<Problem>) : {}
    return new ProblemError(status, problem, retryAfterMs(headers))
  }

  /** True if the edge itself answered, and not a proxy before it. */
  get isOfEdge(): boolean {
    return this.requestId !== undefined
  }
}

/**
 * The header `Retry-After`, in ms. A date is compared with the answer's own `Date`, since this device's clock may be wrong.
 *
 * Source: RFC 9110, "Retry-After".
 */
function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("retry-after")?.trim()
  if (value === undefined) return undefined
  const now = Date.parse(headers.get("date") ?? "") || Date.now()
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, ms))
}
