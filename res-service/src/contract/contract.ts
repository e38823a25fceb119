import { type PartName, type Parts, Pattern } from "../pattern.ts"
import { formatRid, normalisedQuery } from "../rid.ts"
import { type Input, type JsonSchemaTarget, type Output, type StandardSchema, validateNow } from "../standard-schema.ts"
import type { DataValue, Primitive, Reference, SoftReference } from "../values.ts"
import { type Description, describe } from "./describe.ts"

/** What a resource holds: a model has named values, a collection has values in order. */
export type Kind = "model" | "collection"

/** A call or auth method: its params and its answer. */
export interface MethodDefinition {
  /** Left out: the method has no params. */
  readonly params?: StandardSchema
  /** Left out: the answer is null. */
  readonly answer?: StandardSchema
  /** The error codes that it may answer with, for documentation. */
  readonly errors?: readonly string[]
}

/** What a contract says about the resources of a pattern. */
export interface Definition<P extends string> {
  /**
   * What each placeholder may be. If the schema refuses a part of a name, or returns a different text for it, the name belongs to
   * no resource: `system.notFound`. Schemas of parts must be synchronous. Left out: any valid part of a name.
   */
  readonly parts?: { readonly [N in PartName<P>]?: StandardSchema }
  /**
   * A model's properties as one object, or each value of a collection, as programs use them: without the wrapping of data values.
   * Use `referenceTo` for a collection of references. Left out: the resource cannot be fetched.
   */
  readonly value?: StandardSchema
  /** The query of a query resource. */
  readonly query?: StandardSchema
  /** The error codes with which a get request may be answered, for documentation. */
  readonly errors?: readonly string[]
  readonly calls?: { readonly [method: string]: MethodDefinition }
  /** Methods with which clients get their token. */
  readonly auth?: { readonly [method: string]: MethodDefinition }
  /** The resource's own events, beside those of RES, and their payloads. */
  readonly events?: { readonly [event: string]: StandardSchema }
}

/**
 * What services and clients of a resource agree on, without the implementation. Made by `defineModel` and `defineCollection`.
 * Services implement it, clients use it to send requests, and it types both.
 */
export class Contract<P extends string, K extends Kind, D extends Definition<P>> {
  readonly kind: K
  readonly pattern: Pattern<P>
  readonly definition: D
  readonly #parts: readonly (readonly [name: string, schema: StandardSchema])[]

  /** Throws a `TypeError` for an invalid pattern, and for parts that the pattern does not have. */
  constructor(kind: K, pattern: P, definition: D) {
    this.kind = kind
    this.pattern = new Pattern(pattern)
    this.definition = definition
    this.#parts = Object.entries(definition.parts ?? {}) as [string, StandardSchema][]
    const unknown = this.#parts.find(([name]) => !pattern.split(".").includes(`$${name}`))
    if (unknown !== undefined) throw new TypeError(`the pattern "${pattern}" has no part "${unknown[0]}"`)
  }

  /** The name of one of its resources. Throws a `TypeError` for a value that is not a valid part of a name. */
  name(parts: Parts<P>): string {
    return this.pattern.name(parts)
  }

  /** The resource ID: the name, and `query` in its normalised form. */
  rid(parts: Parts<P>, query?: QueryOf<this>): string {
    return formatRid({ name: this.name(parts), query: query === undefined ? "" : normalisedQuery(query) })
  }

  /** The parts of a name; undefined if the name is not one of this contract. */
  match(name: string): Parts<P> | undefined {
    const parts = this.pattern.match(name)
    return parts !== undefined && this.owns(parts) ? parts : undefined
  }

  /** Whether the schemas accept these parts unchanged. */
  owns(parts: Parts<P>): boolean {
    const given: { readonly [name: string]: string } = parts
    return this.#parts.every(([name, schema]) => {
      const result = validateNow(schema, given[name])
      return result.problems === undefined && result.value === given[name]
    })
  }

  /**
   * The contract as data, for documentation and catalogues. Schemas become JSON Schema, if their library supports it.
   *
   * @param target the version of JSON Schema; 2020-12 by default
   */
  describe(target?: JsonSchemaTarget): Description {
    return describe(this, target)
  }
}

/** Contracts of any pattern, kind and definition. */
// biome-ignore lint/suspicious/noExplicitAny: a contract's types matter only to those who implement or call it
export type AnyContract = Contract<any, any, any>

/**
 * Declares the models of a pattern.
 *
 * @example
 * export const book = defineModel("library.book.$id", {
 *   parts: { id: z.string().regex(/^\d+$/) },
 *   value: z.object({ title: z.string(), lentTo: z.string() }),
 *   calls: { lend: { params: z.object({ to: z.string() }), errors: ["library.onLoan"] } },
 * })
 */
export function defineModel<const P extends string, const D extends Definition<P>>(
  pattern: P,
  definition: D,
): Contract<P, "model", D> {
  return new Contract("model", pattern, definition)
}

/**
 * Declares the collections of a pattern.
 *
 * @example export const books = defineCollection("library.books", { value: referenceTo(book) })
 */
export function defineCollection<const P extends string, const D extends Definition<P> & { value: StandardSchema }>(
  pattern: P,
  definition: D,
): Contract<P, "collection", D> {
  return new Contract("collection", pattern, definition)
}

/** The schema of references to resources of one contract. Made by `referenceTo`. */
export interface ReferenceTo<C extends AnyContract> extends StandardSchema<Reference> {
  readonly contract: C
}

/** For `Definition.value`: references to resources of another contract. */
export function referenceTo<C extends AnyContract>(contract: C): ReferenceTo<C> {
  return {
    contract,
    "~standard": {
      version: 1,
      vendor: "res-service",
      validate: (value) =>
        isReference(value) && contract.match(value.rid) !== undefined
          ? { value }
          : { issues: [{ message: `expected a reference to ${contract.pattern.source}` }] },
    },
  }
}

function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && "rid" in value && typeof value.rid === "string"
}

/** The definition of a contract. */
export type DefinitionOf<C extends AnyContract> = C["definition"]

/** The parts of the names of a contract's resources. */
export type PartsOf<C extends AnyContract> = C extends Contract<infer P, infer _K, infer _D> ? Parts<P> : never

/** The type of a contract's `value`, as programs use it: a model's properties, or one value of a collection. */
export type ValueOf<C extends AnyContract> =
  DefinitionOf<C> extends { readonly value: infer S extends StandardSchema } ? Output<S> : never

/**
 * The content of a resource with its references replaced by their content: a model's properties, or a collection's values. Null
 * stands for content that could not be loaded.
 */
export type Whole<C extends AnyContract> = C["kind"] extends "model" ? ValueOf<C> : readonly Followed<C>[]

type Followed<C extends AnyContract> =
  DefinitionOf<C> extends { readonly value: ReferenceTo<infer R> } ? Whole<R> | null : ValueOf<C>

/**
 * A value as it appears in a resource: anything but a primitive or a reference becomes a data value.
 *
 * Source: RES protocol 1.2.3, "Values".
 */
export type Shown<T> = T extends Primitive | undefined | Reference | SoftReference ? T : DataValue<T>

/** What a contract's `get` handler returns: a model's properties, or a collection's values, with objects as data values. */
export type ContentOf<C extends AnyContract> =
  DefinitionOf<C> extends { readonly value: infer S extends StandardSchema }
    ? C["kind"] extends "model"
      ? { readonly [N in keyof Input<S>]: Shown<Input<S>[N]> }
      : readonly Shown<Input<S>>[]
    : never

/** The query of a contract, as a client passes it. */
export type QueryOf<C extends AnyContract> =
  DefinitionOf<C> extends { readonly query: infer S extends StandardSchema } ? Input<S> : undefined

/** The names of a contract's methods, in `calls` or in `auth`. */
export type MethodOf<C extends AnyContract, Type extends "calls" | "auth" = "calls"> = string &
  keyof NonNullable<DefinitionOf<C>[Type]>

type Method<C extends AnyContract, M extends string, Type extends "calls" | "auth"> = NonNullable<
  DefinitionOf<C>[Type]
>[M]

/** What a client sends to a method. */
export type ParamsOf<C extends AnyContract, M extends string, Type extends "calls" | "auth" = "calls"> =
  Method<C, M, Type> extends { readonly params: infer S extends StandardSchema } ? Input<S> : undefined

/** What a method answers to a client. */
export type AnswerOf<C extends AnyContract, M extends string, Type extends "calls" | "auth" = "calls"> =
  Method<C, M, Type> extends { readonly answer: infer S extends StandardSchema } ? Output<S> : null

/** The payloads of a contract's own events, by the event's name. */
export type EventsIn<C extends AnyContract> =
  DefinitionOf<C> extends { readonly events: infer E }
    ? { readonly [N in keyof E & string]: E[N] extends StandardSchema ? Output<E[N]> : never }
    : Record<never, never>
