import type { Kind } from "../contract/contract.ts"
import { Pattern } from "../pattern.ts"
import type { Value } from "../values.ts"
import { collection, type Handlers, model, type Resource } from "./resource.ts"

/** `model` and `collection`, for resources whose patterns start with a prefix. */
export interface Under<Prefix extends string> {
  model<const P extends string, T extends { readonly [K in keyof T]: Value }, Q = unknown>(
    pattern: P,
    handlers: Handlers<`${Prefix}.${P}`, "model", T, Q>,
  ): Resource<`${Prefix}.${P}`, "model", T, Q>
  collection<const P extends string, V extends Value, Q = unknown>(
    pattern: P,
    handlers: Handlers<`${Prefix}.${P}`, "collection", readonly V[], Q>,
  ): Resource<`${Prefix}.${P}`, "collection", readonly V[], Q>
}

/**
 * Declares resources under a prefix. Its placeholders become parts of their requests, too.
 *
 * @example
 * const branch = under("library.$branch")
 * const book = branch.model("book.$id", { get: ({ parts }) => find(parts.branch, parts.id) })
 */
export function under<const Prefix extends string>(prefix: Prefix): Under<Prefix> {
  return {
    model: (pattern, handlers) => model(`${prefix}.${pattern}`, handlers),
    collection: (pattern, handlers) => collection(`${prefix}.${pattern}`, handlers),
  }
}

/**
 * Puts a declared resource under a prefix, with the same handlers. Send events with the resource that this returns.
 *
 * @example service.add(mount("v2", book), mount("v2", books))
 */
export function mount<const Prefix extends string, P extends string, K extends Kind, T, Q>(
  prefix: Prefix,
  { kind, pattern, handlers }: Resource<P, K, T, Q>,
): Resource<`${Prefix}.${P}`, K, T, Q> {
  const mounted: Pattern<`${Prefix}.${P}`> = new Pattern(`${prefix}.${pattern.source}`)
  // Handlers that expect only their own parts also accept those of the prefix.
  return { kind, pattern: mounted, handlers: handlers as unknown as Handlers<`${Prefix}.${P}`, K, T, Q> }
}
