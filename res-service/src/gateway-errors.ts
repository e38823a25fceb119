import { ResError } from "./errors.ts"

/** Error codes that Resgate has beside those of the protocol, and their messages. */
export const gatewayErrors = {
  "system.badRequest": "Bad request",
  "system.deleted": "Deleted",
  "system.disposedSubscription": "Resource subscription is disposed",
  "system.forbidden": "Forbidden",
  "system.methodNotAllowed": "Method not allowed",
  "system.notImplemented": "Not implemented",
} as const

/** A code of `gatewayErrors`. */
export type GatewayErrorCode = keyof typeof gatewayErrors

export function gatewayError(code: GatewayErrorCode, message: string = gatewayErrors[code]): ResError {
  return new ResError(code, message)
}
