import { ResError } from "../errors.ts"
import { type StandardSchema, validate } from "../standard-schema.ts"

/** A long list in which everything is wrong would make an error too large for one message. */
const MAX_PROBLEMS = 100

/** The value as the schema makes it. Throws a `ResError` of this code with the problems in `data.errors`. */
export async function validated(
  code: "system.invalidParams" | "system.invalidQuery",
  schema: StandardSchema,
  value: unknown,
): Promise<unknown> {
  const result = await validate(schema, value)
  if (result.problems) throw new ResError(code, undefined, { errors: result.problems.slice(0, MAX_PROBLEMS) })
  return result.value
}

/** A query's values by name, each an own property, `__proto__` included; of a name given twice the last counts. */
export function readQuery(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query))
}
