import { ResError } from "../errors.ts"
import { type StandardSchema, validate } from "../standard-schema.ts"

/** If everything in a long list is wrong, all problems would not fit into one message. */
const MAX_PROBLEMS = 100

/** The value that the schema produces. Throws a `ResError` with this code, and the problems in `data.errors`. */
export async function validated(
  code: "system.invalidParams" | "system.invalidQuery",
  schema: StandardSchema,
  value: unknown,
): Promise<unknown> {
  const result = await validate(schema, value)
  if (result.problems) throw new ResError(code, undefined, { errors: result.problems.slice(0, MAX_PROBLEMS) })
  return result.value
}

/** A query's values by name. Each is an own property, even `__proto__`. If a name occurs twice, its last value counts. */
export function readQuery(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query))
}
