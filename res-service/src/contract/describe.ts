import type { StandardSchema } from "../standard-schema.ts"
import type { AnyContract, Kind, MethodDefinition, ReferenceTo } from "./contract.ts"

/** A schema as JSON Schema; true if its library cannot express it. */
export type JsonSchema = object | true

/** A method as data. */
export interface MethodDescription {
  readonly params?: JsonSchema
  readonly answer?: JsonSchema
  readonly errors: readonly string[]
}

/** A contract as data: what it declares, and nothing else. */
export interface Description {
  readonly kind: Kind
  readonly pattern: string
  readonly parts: { readonly [name: string]: JsonSchema }
  /** `refersTo`: the pattern of the resources that a collection refers to. */
  readonly value?: JsonSchema | { readonly refersTo: string }
  readonly query?: JsonSchema
  readonly errors: readonly string[]
  readonly calls: { readonly [method: string]: MethodDescription }
  readonly auth: { readonly [method: string]: MethodDescription }
  readonly events: { readonly [event: string]: JsonSchema }
}

export function describe({ kind, pattern, definition }: AnyContract): Description {
  const { parts, value, query, errors, calls, auth, events } = definition
  return {
    kind,
    pattern: pattern.source,
    parts: mapped<StandardSchema, JsonSchema>(parts, jsonSchema),
    ...(value === undefined ? {} : { value: isReferenceTo(value) ? refersTo(value) : jsonSchema(value) }),
    ...(query === undefined ? {} : { query: jsonSchema(query) }),
    errors: errors ?? [],
    calls: mapped(calls, describeMethod),
    auth: mapped(auth, describeMethod),
    events: mapped<StandardSchema, JsonSchema>(events, jsonSchema),
  }
}

function describeMethod({ params, answer, errors = [] }: MethodDefinition): MethodDescription {
  return {
    ...(params === undefined ? {} : { params: jsonSchema(params) }),
    ...(answer === undefined ? {} : { answer: jsonSchema(answer) }),
    errors,
  }
}

function mapped<A, B>(entries: { readonly [name: string]: A } = {}, map: (value: A) => B): { [name: string]: B } {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, map(value)]))
}

function isReferenceTo(schema: StandardSchema): schema is ReferenceTo<AnyContract> {
  return "contract" in schema
}

function refersTo({ contract }: ReferenceTo<AnyContract>): { refersTo: string } {
  return { refersTo: contract.pattern.source }
}

function jsonSchema(schema: StandardSchema): JsonSchema {
  try {
    const { $schema, ...said } = (schema["~standard"].jsonSchema?.input({ target: "draft-2020-12" }) ?? {}) as {
      $schema?: unknown
    }
    return Object.keys(said).length === 0 ? true : said
  } catch {
    // A custom check, which JSON Schema cannot express.
    return true
  }
}
