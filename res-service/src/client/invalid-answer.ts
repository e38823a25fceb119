import { ResError } from "../errors.ts"
import type { Logger } from "../logger.ts"
import { type Output, type Problem, type StandardSchema, validate } from "../standard-schema.ts"

/** How many problems of one answer are logged. */
const MAX_PROBLEMS = 10

/** `system.internalError`: an answer does not match the contract. The service probably uses another version of it. */
export class InvalidAnswerError extends ResError {
  readonly problems: readonly Problem[]

  constructor(subject: string, problems: readonly Problem[]) {
    super("system.internalError", `The answer to ${subject} does not match its contract`)
    this.problems = problems
  }
}

/** The answer that the contract's schema produces. Rejects with an `InvalidAnswerError`, which is logged. */
export async function validAnswer<S extends StandardSchema>(
  logger: Logger,
  schema: S,
  subject: string,
  answer: unknown,
): Promise<Output<S>> {
  const result = await validate(schema, answer)
  if (result.problems === undefined) return result.value
  const problems = result.problems.slice(0, MAX_PROBLEMS)
  logger.error({ subject, problems }, "an answer does not match its contract")
  throw new InvalidAnswerError(subject, problems)
}
