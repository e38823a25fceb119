import { STATUS_CODES } from "node:http"
import type { ErrorRequestHandler, RequestHandler } from "express"
import { type Logger, ResError, type SystemErrorCode } from "res-service"
import type { ServiceErrorCode } from "../../contract/errors.ts"
import type { Problem, ProblemEntry } from "../../contract/problem.ts"
import { isUntried } from "../untried.ts"
import type { Exchange } from "./exchange.ts"
import { exchangeOf } from "./in-express.ts"
import { wholeSeconds } from "./rate-headers.ts"

/** The HTTP status of each error code of the service. Unknown codes become 500. */
export const statusOfCode: Readonly<Record<SystemErrorCode | ServiceErrorCode, number>> = {
  "system.accessDenied": 403,
  "system.internalError": 500,
  "system.invalidParams": 422,
  "system.invalidQuery": 422,
  "system.invalidRequest": 400,
  "system.methodNotFound": 404,
  "system.noSubscription": 500,
  // The edge only asks for resources that exist, so this means that the service is away.
  "system.notFound": 503,
  "system.serviceUnavailable": 503,
  "system.subjectTooLong": 414,
  "system.timeout": 503,
  "system.tooManyRequests": 429,
  "system.unsupportedProtocol": 500,
  "auth.invalidToken": 401,
  "store.shopMismatch": 422,
  "store.eventTooLarge": 413,
  "store.tooManyEvents": 413,
  "store.idempotencyConflict": 409,
  "store.producerFenced": 409,
  "store.producerConflict": 409,
  "store.producerGaps": 409,
  "store.unknownSequence": 422,
  "store.searchTooLong": 422,
  "store.archiveBehind": 503,
  "session.hostPresent": 409,
  "session.notStarted": 409,
  "session.tooMany": 503,
  "session.full": 409,
  "session.notMember": 404,
  "session.notYourCustomer": 403,
  "session.notHost": 403,
  "session.guestsNotReady": 409,
  "session.wrongResumeToken": 403,
  "session.inviteNeeded": 403,
  "session.inviteExpired": 403,
  "session.inviteUsedUp": 403,
  "session.noSuchLine": 404,
  "session.noSuchOffer": 404,
  "session.cannotAnswer": 409,
  "session.tooManyOffers": 409,
  "session.itemTooLarge": 413,
  "session.cartChanged": 409,
  "session.cartEmpty": 409,
  "session.locked": 409,
  "session.deadlineOutOfRange": 422,
  "session.notEverybodyReady": 409,
  "session.alreadyCheckingOut": 409,
  "session.checkingOut": 409,
  "session.notCheckingOut": 409,
  "session.notPayer": 403,
  "session.ordered": 409,
  "session.notOrdered": 409,
  "session.otherShop": 409,
  "session.removedByHost": 403,
  "session.cartTooLarge": 413,
}

/** `Bearer` alone is not allowed (RFC 6750, section 3), and Swift's URLSession on Linux crashes on it. */
const REALM = 'realm="shopwire"'

/** `Retry-After` of a 503, in seconds. */
const RETRY_AFTER_S = 1

/** An error that becomes an HTTP answer. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem"
  readonly status: number
  readonly errors: readonly ProblemEntry[]
  /** The service's error code, if the service refused. */
  readonly code: string | undefined
  /** When to try again, in seconds, if known. */
  readonly retryAfterS: number | undefined

  constructor(
    status: number,
    detail: string,
    errors: readonly ProblemEntry[] = [],
    code?: string,
    retryAfterS = status === 503 ? RETRY_AFTER_S : undefined,
  ) {
    super(detail)
    this.status = status
    this.errors = errors
    this.code = code
    this.retryAfterS = retryAfterS
  }
}

/**
 * Answers every error as `application/problem+json`: `type`, `title`, `status`, `detail`, `request_id`; `code` when the
 * service refused; `errors` with one entry for each part that is wrong.
 *
 * Source: RFC 9457, "Members of a Problem Details Object".
 */
export function answerProblem(exchange: Exchange, error: unknown, logger: Logger): void {
  const { res, requestId } = exchange
  const problem = problemOf(error, exchange)
  const { status, errors, code, retryAfterS } = problem
  if (status === 500) logger.error({ err: error, request_id: requestId }, "a request failed")
  if (status === 401)
    res.setHeader("WWW-Authenticate", `Bearer ${code === undefined ? REALM : 'error="invalid_token"'}`)
  if (retryAfterS !== undefined) res.setHeader("Retry-After", String(retryAfterS))
  const body: Problem = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: problem.message,
    request_id: requestId,
    ...(code === undefined ? {} : { code }),
    ...(errors.length === 0 ? {} : { errors }),
  }
  exchange.send(status, "application/problem+json; charset=utf-8", JSON.stringify(body))
}

/** `answerProblem` for the errors of Express and its routes. */
export function problems(logger: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) next(error)
    else answerProblem(exchangeOf(req), error, logger)
  }
}

/** Answers requests that no route handles. */
export const notFound: RequestHandler = () => {
  throw new HttpProblem(404, "There is nothing at this path")
}

/** Answers unsupported methods of a path; `allow` lists the supported ones. */
export function methodNotAllowed(allow: string): RequestHandler {
  return (_req, res) => {
    res.set("Allow", allow)
    throw new HttpProblem(405, `The methods of this path are: ${allow}`)
  }
}

function problemOf(error: unknown, exchange: Exchange): HttpProblem {
  if (error instanceof HttpProblem) return error
  if (error instanceof ResError) {
    const isAnonymous = error.code === "system.accessDenied" && exchange.header("authorization") === undefined
    return isAnonymous
      ? new HttpProblem(401, "Authorization: Bearer and a token are needed")
      : problemOfResError(error, exchange.req.method)
  }
  // Errors of Express and its body parser have a status, and a message that clients may see.
  if (isClientError(error)) return new HttpProblem(error.status, error.message)
  return new HttpProblem(500, "Something went wrong here")
}

function problemOfResError(error: ResError, method: string | undefined): HttpProblem {
  const status = Object.hasOwn(statusOfCode, error.code) ? statusOfCode[error.code as keyof typeof statusOfCode] : 500
  if (status === 503) return new HttpProblem(503, awayDetail(error, method))
  if (status === 500) return new HttpProblem(500, "Something went wrong here")
  return new HttpProblem(status, detailOf(error), entriesOf(error.data), error.code, retryAfterOf(error.data))
}

function retryAfterOf(data: unknown): number | undefined {
  if (typeof data !== "object" || data === null || !("retry_after_ms" in data)) return undefined
  return wholeSeconds(Number(data.retry_after_ms))
}

/** The detail of a 503. */
function awayDetail(error: ResError, method: string | undefined): string {
  if (method !== "POST" && method !== "DELETE") return "The service is unavailable; try again later"
  if (isUntried(error)) return "The service is unavailable, so nothing was tried; try again later"
  return method === "POST"
    ? "The events may or may not be stored; try again with the same Idempotency-Key or producer headers"
    : "Some data may be left; send the request again"
}

/** What happened; for an invalid token, also the reason. */
function detailOf({ message, data }: ResError): string {
  const reason = typeof data === "object" && data !== null && "reason" in data ? data.reason : undefined
  return typeof reason === "string" ? `${message}: ${reason}` : message
}

function entriesOf(data: unknown): ProblemEntry[] {
  if (typeof data !== "object" || data === null || !("errors" in data) || !Array.isArray(data.errors)) return []
  return bodyEntries(data.errors)
}

/** Turns a schema's issues with a body into entries. */
export function bodyEntries(issues: readonly { path: readonly PropertyKey[]; message: string }[]): ProblemEntry[] {
  return issues.map(({ path, message }) => ({ pointer: jsonPointer(path), detail: message }))
}

/** Source: RFC 6901, "URI Fragment Identifier Representation". */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return `#${path.map((key) => `/${encodeURIComponent(String(key).replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("")}`
}

function isClientError(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    "status" in error &&
    typeof error.status === "number" &&
    error.status >= 400 &&
    error.status < 500
  )
}
