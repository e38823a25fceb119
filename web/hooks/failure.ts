/** Why something could not be had: what a RES error tells. */
export interface Failure {
  /** As `system.notFound`; those of `docs/errors.md`. */
  readonly code: string
  readonly message: string
}

/** Reads what resclient rejects with, which is no `Error`. */
export function failureOf(reason: unknown): Failure {
  if (typeof reason === "object" && reason !== null && "code" in reason && typeof reason.code === "string") {
    return { code: reason.code, message: "message" in reason ? String(reason.message) : reason.code }
  }
  return { code: "system.internalError", message: reason instanceof Error ? reason.message : String(reason) }
}

/** True when the resource is refused until somebody signs in, or signs in as somebody else. */
export function isRefused({ code }: Failure): boolean {
  return code === "system.accessDenied" || code === "auth.required" || code === "auth.invalidToken"
}
