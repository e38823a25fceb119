import { ResError } from "res-service/contract"

/** Data of a `system.serviceUnavailable` before which nothing of what was asked for was tried. */
const NOT_TRIED = { tried: false } as const

/** `system.serviceUnavailable`, and nothing of what was asked for was tried. */
export function notTried(message?: string, cause?: unknown): ResError {
  return new ResError("system.serviceUnavailable", message, NOT_TRIED, { cause })
}

/** True for an error of `notTried`, also when it has come as JSON. */
export function isNotTried({ data }: ResError): boolean {
  return typeof data === "object" && data !== null && "tried" in data && data.tried === NOT_TRIED.tried
}
