/**
 * The part of Standard Schema that this library uses; zod, valibot, arktype and others implement it.
 *
 * Source: Standard Schema 1.1, "The interface".
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type Output<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"]

type Result<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly Issue[] }

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** One thing that is wrong: where, as a path of keys and indices from the top, and what. */
export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The value as the schema makes it, or every problem that the schema finds. */
export async function validate<S extends StandardSchema>(
  schema: S,
  value: unknown,
): Promise<{ value: Output<S>; problems?: undefined } | { problems: Problem[] }> {
  const result = await schema["~standard"].validate(value)
  if (result.issues === undefined) return { value: result.value as Output<S> }
  return {
    problems: result.issues.map(({ message, path = [] }) => ({
      message,
      path: path.map((segment) => {
        const key = typeof segment === "object" ? segment.key : segment
        return typeof key === "number" ? key : String(key)
      }),
    })),
  }
}
