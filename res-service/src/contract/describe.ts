import type { JsonSchemaTarget, StandardSchema } from "../standard-schema.ts"
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

export function describe(
  { kind, pattern, definition }: AnyContract,
  target: JsonSchemaTarget = "draft-2020-12",
): Description {
  const { parts, value, query, errors, calls, auth, events } = definition
  const schemaOf = (schema: StandardSchema): JsonSchema => jsonSchema(schema, target)
  const methodOf = (method: MethodDefinition): MethodDescription => describeMethod(method, schemaOf)
  return {
    kind,
    pattern: pattern.source,
    parts: mapped<StandardSchema, JsonSchema>(parts, schemaOf),
    ...(value === undefined ? {} : { value: isReferenceTo(value) ? refersTo(value) : schemaOf(value) }),
    ...(query === undefined ? {} : { query: schemaOf(query) }),
    errors: errors ?? [],
    calls: mapped(calls, methodOf),
    auth: mapped(auth, methodOf),
    events: mapped<StandardSchema, JsonSchema>(events, schemaOf),
  }
}

function describeMethod(
  { params, answer, errors = [] }: MethodDefinition,
  schemaOf: (schema: StandardSchema) => JsonSchema,
): MethodDescription {
  return {
    ...(params === undefined ? {} : { params: schemaOf(params) }),
    ...(answer === undefined ? {} : { answer: schemaOf(answer) }),
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

/** For zod: what JSON Schema cannot express, as a custom check, is left out, and the rest of the schema stays. */
const libraryOptions = { unrepresentable: "any" }

function jsonSchema(schema: StandardSchema, target: JsonSchemaTarget): JsonSchema {
  try {
    const { $schema, ...said } = (schema["~standard"].jsonSchema?.input({ target, libraryOptions }) ?? {}) as {
      $schema?: unknown
    }
    return Object.keys(said).length === 0 ? true : said
  } catch {
    // A custom check, which JSON Schema cannot express.
    return true
  }
}
