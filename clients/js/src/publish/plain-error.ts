import { ProblemError } from "./problem-error.ts"

/** An error as one tab tells it to another: an error object loses its members on the way. */
export interface PlainError {
  readonly message: string
  /** Only of a `ProblemError`. */
  readonly problem: Pick<ProblemError, "status" | "code" | "errors" | "requestId" | "retryAfterMs"> | undefined
}

export function plainOf(error: Error): PlainError {
  const { message } = error
  if (!(error instanceof ProblemError)) return { message, problem: undefined }
  const { status, code, errors, requestId, retryAfterMs } = error
  return { message, problem: { status, code, errors, requestId, retryAfterMs } }
}

export function errorOf({ message, problem }: PlainError): Error {
  if (problem === undefined) return new Error(message)
  const { status, code, errors, requestId, retryAfterMs } = problem
  return new ProblemError(status, { detail: message, code, errors, request_id: requestId }, retryAfterMs)
}
