import { ResError } from "res-service"

/** The codes of this product's own errors, with their usual message. Codes are stable, messages may change. */
export const serviceErrors = {
  "store.shopMismatch": "An event is another shop's",
  "store.eventTooLarge": "An event is too large",
  "store.tooManyEvents": "Too many events at once",
  "store.idempotencyConflict": "The idempotency key was used for other events",
} as const

export type ServiceErrorCode = keyof typeof serviceErrors

/** An error of this product; `data` as `ResError` has it. */
export function serviceError(code: ServiceErrorCode, data?: unknown): ResError {
  return new ResError(code, serviceErrors[code], data)
}
