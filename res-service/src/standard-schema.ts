/**
 * The part of Standard Schema that this library uses; zod, valibot, arktype and others implement it.
 *
 * Source: Standard Schema 1.1, "The interface"; Standard JSON Schema 1.0.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    /** Not every library provides this. */
    readonly jsonSchema?: { readonly input: (options: JsonSchemaOptions) => object } | undefined
  }
}

/** How a schema becomes JSON Schema. Source: Standard JSON Schema 1.0, "The interface". */
interface JsonSchemaOptions {
  readonly target: JsonSchemaTarget
  /** Options of the schema's library; others ignore them. */
  readonly libraryOptions?: Readonly<Record<string, unknown>> | undefined
}

/** The version of JSON Schema. */
export type JsonSchemaTarget = "draft-2020-12" | "draft-07"

/** The type that a schema accepts. */
export type Input<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["input"]

/** The type that a schema produces. */
export type Output<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"]

type Result<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly Issue[] }

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** One problem of a value: where it is, as a path of keys and indices from the top, and what is wrong. */
export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

type Validated<T> = { readonly value: T; readonly problems?: undefined } | { readonly problems: readonly Problem[] }

/** The value that the schema produces, or all problems that it finds. */
export function validate<S extends StandardSchema>(
  schema: S,
  value: unknown,
): Validated<Output<S>> | Promise<Validated<Output<S>>> {
  const result = schema["~standard"].validate(value)
  return result instanceof Promise ? result.then(validatedOf<Output<S>>) : validatedOf(result)
}

/** Like `validate`, but synchronous. Throws a `TypeError` for an asynchronous schema. */
export function validateNow<S extends StandardSchema>(schema: S, value: unknown): Validated<Output<S>> {
  const result = schema["~standard"].validate(value)
  if (result instanceof Promise) throw new TypeError("expected a synchronous schema")
  return validatedOf(result)
}

function validatedOf<T>(result: Result<unknown>): Validated<T> {
  if (result.issues === undefined) return { value: result.value as T }
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
