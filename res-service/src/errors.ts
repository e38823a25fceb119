/**
 * The error codes that the RES protocol defines, with their default messages. Name your own codes `<service>.<what>`, e.g.
 * `library.bookOnLoan`.
 *
 * Source: RES-Service protocol 1.2.3, "Pre-defined errors"; RES-Client protocol 1.2.3, "Pre-defined errors".
 */
export const systemErrors = {
  "system.accessDenied": "Access denied",
  "system.internalError": "Internal error",
  "system.invalidParams": "Invalid parameters",
  "system.invalidQuery": "Invalid query",
  "system.invalidRequest": "Invalid request",
  "system.methodNotFound": "Method not found",
  "system.noSubscription": "No subscription",
  "system.notFound": "Not found",
  "system.serviceUnavailable": "Service unavailable",
  "system.subjectTooLong": "Subject too long",
  "system.timeout": "Request timeout",
  "system.unsupportedProtocol": "Unsupported protocol",
} as const

/** A code that the protocol defines: see `systemErrors`. */
export type SystemErrorCode = keyof typeof systemErrors

/** An error as it appears in a RES message. */
export interface ErrorObject {
  code: string
  message: string
  data?: unknown
}

/**
 * An error that may be sent to the other side: its code, message and data are public. Throw it from a handler; anything else that
 * a handler throws is answered as `system.internalError`, without its text.
 *
 * @example throw new ResError("library.bookOnLoan", "The book is on loan", { until: "2026-12-01" })
 */
export class ResError extends Error {
  override readonly name = "ResError"
  /** For programs, and stable. The message is for people and may change. */
  readonly code: string
  /** Details as any JSON value. Left out of the RES message when undefined. */
  readonly data: unknown

  constructor(code: SystemErrorCode | (string & {}), message?: string, data?: unknown, options?: ErrorOptions) {
    super(message ?? (systemErrors as Record<string, string>)[code] ?? code, options)
    this.code = code
    this.data = data
  }

  /** Returns a `ResError` unchanged. Anything else becomes `system.internalError`, with the original error in `cause`. */
  static from(error: unknown): ResError {
    if (error instanceof ResError) return error
    return new ResError("system.internalError", undefined, undefined, { cause: error })
  }

  /** Reads an error object of a RES message. Anything else becomes `system.internalError`. */
  static fromJSON(value: unknown): ResError {
    if (typeof value === "object" && value !== null && "code" in value && typeof value.code === "string") {
      const message = "message" in value && typeof value.message === "string" ? value.message : undefined
      return new ResError(value.code, message, "data" in value ? value.data : undefined)
    }
    return new ResError("system.internalError", undefined, undefined, { cause: value })
  }

  toJSON(): ErrorObject {
    return { code: this.code, message: this.message, ...(this.data === undefined ? {} : { data: this.data }) }
  }
}
