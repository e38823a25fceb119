import { ResError } from "res-service"
import { NoRespondersError, NotSentError } from "res-service/client"
import { isNotTried } from "../contract/unavailable.ts"

/** True if it is certain that nothing was tried: the request reached no service, or the service could not handle it at all. */
export function isUntried(error: unknown): boolean {
  if (error instanceof NoRespondersError || error instanceof NotSentError) return true
  return error instanceof ResError && isNotTried(error)
}
