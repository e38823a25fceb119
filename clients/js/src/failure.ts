/** Why a request failed, from a RES error. */
export interface Failure {
  /** As `system.notFound`; those of `docs/errors.md`. */
  readonly code: string
  readonly message: string
}

/** Reads resclient's rejection, which is not an `Error`; a `reason` in its data is added to the message. */
export function failureOf(reason: unknown): Failure {
  if (typeof reason !== "object" || reason === null || !("code" in reason) || typeof reason.code !== "string") {
    return { code: "system.internalError", message: reason instanceof Error ? reason.message : String(reason) }
  }
  const { code, message, data } = reason as { code: string; message?: string; data?: { reason?: unknown } | null }
  const more = typeof data?.reason === "string" ? `: ${data.reason}` : ""
  return { code, message: `${message ?? code}${more}` }
}

/** True if no service has answered; gateways have several codes for this. */
export function isUnanswered({ code }: Pick<Failure, "code">): boolean {
  return code === "system.timeout" || code === "system.notFound" || code === "system.serviceUnavailable"
}

/** True if the resource is refused until somebody signs in, or signs in as somebody else. */
export function isRefused({ code }: Failure): boolean {
  return code === "system.accessDenied" || code === "auth.required" || code === "auth.invalidToken"
}
