import { ResError } from "../errors.ts"
import type { Logger } from "../logger.ts"
import { type Output, type Problem, type StandardSchema, validate } from "../standard-schema.ts"

/** Problems that are told of one answer. */
const MAX_PROBLEMS = 10

/** `system.internalError`: an answer that is not as the contract says. The service, or the contract, is another version's. */
export class UnfitAnswerError extends ResError {
  readonly problems: readonly Problem[]

  constructor(subject: string, problems: readonly Problem[]) {
    super("system.internalError", `The answer to ${subject} does not fit its contract`)
    this.problems = problems
  }
}

/** An answer as its contract's schema makes it. Rejects with an `UnfitAnswerError`, which is logged. */
export async function fitting<S extends StandardSchema>(
  logger: Logger,
  schema: S,
  subject: string,
  answer: unknown,
): Promise<Output<S>> {
  const result = await validate(schema, answer)
  if (result.problems === undefined) return result.value
  const problems = result.problems.slice(0, MAX_PROBLEMS)
  logger.error({ subject, problems }, "an answer does not fit its contract")
  throw new UnfitAnswerError(subject, problems)
}
