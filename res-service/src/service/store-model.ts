import { isDeepStrictEqual } from "node:util"
import type { Parts } from "../pattern.ts"
import { isValidPart } from "../rid.ts"
import { type DeleteAction, deleteAction, type Value } from "../values.ts"
import { afterMethods } from "./after-methods.ts"
import type { ModelEvents } from "./events.ts"
import { type Handlers, model, type Resource } from "./resource.ts"
import type { Store } from "./store.ts"

/**
 * How a store's values are shown as models, and their other handlers. Reads run in parallel unless `mode.get` is `serial`. Events
 * for what a serial method changes leave before its answer.
 */
export interface StoreModel<P extends string, V, T, Q = unknown>
  extends Omit<Handlers<P, "model", T, Q>, "get" | "onStart"> {
  /** The store's ID of the model with these parts. Default: the value of the only placeholder. */
  id?(parts: Parts<P>): string
  /** The parts of a value's model; undefined if it has no model. Default: the ID as the value of the only placeholder. */
  parts?(id: string, value: V): Parts<P> | undefined
}

/** With a function that turns a value into what clients see. */
export interface ShownModel<P extends string, V, T, Q = unknown> extends StoreModel<P, V, T, Q> {
  show(value: V, id: string): T
}

/** Undefined: it does not exist. */
interface Change {
  readonly from: ShownValues | undefined
  readonly to: ShownValues | undefined
}

type ShownValues = { readonly [key: string]: Value }

/**
 * Declares models that are the values of a store. `get` answers with them, and each change is sent as a change, create or delete
 * event, in order with the answers. Use `show` to show something else than what is stored.
 *
 * Only one service may serve a store's resources, for it alone sends their events.
 *
 * @example
 * storeModel("library.book.$id", books, {
 *   access: () => accessGranted,
 *   show: ({ title, tags }) => ({ title, tags: dataValue(tags) }),
 * })
 */
export function storeModel<const P extends string, V, T extends { readonly [K in keyof T]: Value }, Q = unknown>(
  pattern: P,
  store: Store<V>,
  handlers: ShownModel<P, V, T, Q>,
): Resource<P, "model", T, Q>
export function storeModel<const P extends string, V extends { readonly [K in keyof V]: Value }, Q = unknown>(
  pattern: P,
  store: Store<V>,
  handlers?: StoreModel<P, V, V, Q>,
): Resource<P, "model", V, Q>
export function storeModel<P extends string, V, Q>(
  pattern: P,
  store: Store<V>,
  handlers: StoreModel<P, V, ShownValues, Q> & { show?(value: V, id: string): ShownValues } = {},
): Resource<P, "model", ShownValues, Q> {
  /** By name, changes that were not sent yet. */
  const unsent = new Map<string, Change[]>()
  const declared: Resource<P, "model", ShownValues, Q> = model(pattern, {
    ...handlers,
    mode: { ...handlers.mode, get: handlers.mode?.get === "serial" ? "serial" : "shared" },
    get: async ({ name, parts }) => {
      const id = idOf(parts)
      const value = await store.get(id)
      // The stored value may be newer than the events that were sent.
      const next = unsent.get(name)?.[0]
      return next === undefined ? shownAs(name, id, value) : next.from
    },
    onStart: (send) =>
      store.onChange(({ id, before, after }) => {
        const places = [placeOf(id, before), placeOf(id, after)].filter((place) => place !== undefined)
        for (const [name, { parts }] of new Map(places.map((place) => [place.name, place]))) {
          const change = { from: shownAs(name, id, before), to: shownAs(name, id, after) }
          unsent.set(name, [...(unsent.get(name) ?? []), change])
          void send(parts, (events) => sendAll(events as ModelEvents<ShownValues>))
        }
      }),
  } as Handlers<P, "model", ShownValues, Q>)
  const resource = afterMethods(declared, ({ events }) => sendAll(events as ModelEvents<ShownValues>))

  function sendAll(events: ModelEvents<ShownValues>): void {
    const changes = unsent.get(events.name) ?? []
    unsent.delete(events.name)
    for (const change of changes) sendChange(events, change)
  }

  const [placeholder, ...others] = pattern.split(".").filter((part) => part.startsWith("$"))
  const only = placeholder !== undefined && others.length === 0 ? placeholder.slice(1) : undefined
  if (only === undefined && (handlers.id === undefined || handlers.parts === undefined))
    throw new TypeError(
      `"${pattern}" does not have exactly one placeholder, so the options "id" and "parts" are required`,
    )

  const idOf = (parts: Parts<P>): string => handlers.id?.(parts) ?? (parts as Record<string, string>)[only ?? ""] ?? ""

  function placeOf(id: string, value: V | undefined): { name: string; parts: Parts<P> } | undefined {
    if (value === undefined) return undefined
    const parts = handlers.parts === undefined ? ({ [only ?? ""]: id } as Parts<P>) : handlers.parts(id, value)
    // An ID that is not a valid part of a name has no resource.
    if (parts === undefined || !Object.values<string>(parts).every(isValidPart)) return undefined
    return { name: resource.pattern.name(parts), parts }
  }

  function shownAs(name: string, id: string, value: V | undefined): ShownValues | undefined {
    if (value === undefined || placeOf(id, value)?.name !== name) return undefined
    return handlers.show === undefined ? (value as ShownValues) : handlers.show(value, id)
  }

  return resource
}

function sendChange(events: ModelEvents<ShownValues>, { from, to }: Change): void {
  if (from !== undefined && to !== undefined) events.change(differences(from, to))
  else if (to !== undefined) events.create()
  else if (from !== undefined) events.delete()
}

function differences(from: ShownValues, to: ShownValues): Record<string, Value | DeleteAction> {
  const changed: Record<string, Value | DeleteAction> = {}
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (!isDeepStrictEqual(from[key], to[key])) changed[key] = to[key] === undefined ? deleteAction : to[key]
  }
  return changed
}
