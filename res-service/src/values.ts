/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A value without parts. */
export type Primitive = null | boolean | number | string

/** A link to another resource, which a client that subscribes to this one gets and follows too. */
export interface Reference {
  readonly rid: string
}

/** A link that the client does not follow by itself. */
export interface SoftReference {
  readonly rid: string
  readonly soft: true
}

/** Any JSON as one value: clients replace it as a whole. */
export interface DataValue<T = Json> {
  readonly data: T
}

/** In a change event: the property is gone. */
export interface DeleteAction {
  readonly action: "delete"
}

/**
 * What a model's property or a collection's element may be. Objects and arrays must be wrapped, by `dataValue`.
 *
 * Source: RES protocol 1.2.3, "Values".
 */
export type Value = Primitive | Reference | SoftReference | DataValue<unknown>

/** The content of a model: values by name. */
export type Model = { readonly [key: string]: Value }
/** The content of a collection: values in their order. */
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
