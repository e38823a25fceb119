import type { Logger, ServiceObserver } from "res-service"
import { originHeaders } from "../contract/request-origin.ts"
import { occurrences } from "./occurrences.ts"

/** Routes whose answers are meant to take long: they are not slow. */
const LONG_ROUTES = new Set(["/stream/:shop_id", "/export/:shop_id"])

/** Routes that ask how the edge is: with a status of 503 they have not failed, but answered. */
const PROBE_ROUTES = new Set(["/healthz", "/readyz"])

/** Most lines about failed and slow requests in one second; the rest is only counted. */
const LINES_PER_SECOND = 10
const SECOND_MS = 1000

export interface RequestLogOptions {
  /** As the setting ACCESS_LOG. */
  readonly all: boolean
  /** As the setting SLOW_REQUEST_MS. */
  readonly slowMs: number
}

/**
 * Logs the HTTP requests of an edge: failed ones (a status of 500 or more) and slow ones always, all others if wished. A line has the route, not
 * the path, and no address, so that it names nobody.
 */
export function logHttpRequests(logger: Logger, { all, slowMs }: RequestLogOptions): void {
  const problems = new BoundedLines(logger)
  occurrences.httpRequest.on(({ requestId, method, route, status, ms }) => {
    const details = { request_id: requestId, method, route, status, ms: Math.round(ms) }
    if (status >= 500 && !PROBE_ROUTES.has(route)) problems.add(details, "a request failed")
    else if (ms > slowMs && !LONG_ROUTES.has(route)) problems.add(details, "a request was slow")
    else if (all) logger.info(details, "request")
  })
}

/** Logs the RES requests of a service, as `logHttpRequests` does; failed are those with `system.internalError`. */
export function resRequestLog(logger: Logger, { all, slowMs }: RequestLogOptions): ServiceObserver {
  const problems = new BoundedLines(logger)
  return {
    onRequest: ({ type, pattern, method, natsHeader }) => {
      const startedAt = performance.now()
      return {
        end: (code = "ok") => {
          const ms = performance.now() - startedAt
          const isFailed = code === "system.internalError"
          if (!isFailed && ms <= slowMs && !all) return
          const request_id = natsHeader(originHeaders.requestId)
          const details = { request_id, type, resource: pattern, method, code, ms: Math.round(ms) }
          if (isFailed) problems.add(details, "a request failed")
          else if (ms > slowMs) problems.add(details, "a request was slow")
          else logger.info(details, "request")
        },
      }
    },
  }
}

/** Warnings that others can cause any number of times: some in each second, and how many were left out. */
class BoundedLines {
  readonly #logger: Logger
  #written = 0
  #leftOut = 0
  #second: NodeJS.Timeout | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  add(details: object, message: string): void {
    this.#second ??= setTimeout(() => this.#endSecond(), SECOND_MS).unref()
    if (this.#written < LINES_PER_SECOND) {
      this.#written++
      this.#logger.warn(details, message)
    } else this.#leftOut++
  }

  #endSecond(): void {
    if (this.#leftOut > 0) this.#logger.warn({ count: this.#leftOut }, "left out lines about failed and slow requests")
    this.#written = 0
    this.#leftOut = 0
    this.#second = undefined
  }
}
