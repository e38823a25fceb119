import { ResError } from "res-service"
import { NoRespondersError, NotSentError } from "res-service/client"
import { isNotTried } from "../service/unavailable.ts"

/** True when it is known that nothing of what was asked for was tried: it reached no service, or the service could not even look at it. */
export function isUntried(error: unknown): boolean {
  if (error instanceof NoRespondersError || error instanceof NotSentError) return true
  return error instanceof ResError && isNotTried(error)
}
