/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A JSON value that is neither an object nor an array. */
export type Primitive = null | boolean | number | string

/** A link to another resource: a client that subscribes to this resource gets the other one too. */
export interface Reference {
  readonly rid: string
}

/** A link that the client does not follow on its own. */
export interface SoftReference {
  readonly rid: string
  readonly soft: true
}

/** Any JSON as one value, which a change replaces as a whole. */
export interface DataValue<T = Json> {
  readonly data: T
}

/** In a change event: the property was removed. */
export interface DeleteAction {
  readonly action: "delete"
}

/**
 * What a model's property or a collection's element may be. Wrap objects and arrays with `dataValue`.
 *
 * Source: RES protocol 1.2.3, "Values".
 */
export type Value = Primitive | Reference | SoftReference | DataValue<unknown>

/** The content of a model: its values by name. */
export type Model = { readonly [key: string]: Value }
/** The content of a collection: its values in order. */
export type Collection = readonly Value[]

/** @example reference("library.book.42") */
export function reference(rid: string): Reference {
  return { rid }
}

/** @example softReference("library.author.7") */
export function softReference(rid: string): SoftReference {
  return { rid, soft: true }
}

/** @example dataValue({ street: "Main Street", number: 7 }) */
export function dataValue<T>(data: T): DataValue<T> {
  return { data }
}

/** In a change event, removes the property. */
export const deleteAction: DeleteAction = { action: "delete" }
