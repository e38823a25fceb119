import { diff } from "../client/diff.ts"
import type { WireValue } from "../client/wire-value.ts"
import type { Parts } from "../pattern.ts"
import { isValidPart } from "../rid.ts"
import type { Value } from "../values.ts"
import { afterMethods } from "./after-methods.ts"
import type { CollectionEvents } from "./events.ts"
import { collection, type Handlers, type Resource, type Send } from "./resource.ts"
import type { Store, StoreChange } from "./store.ts"

const DEFAULT_KEEP_MS = 10 * 60 * 1000

/**
 * How collections are read from a store, and their other handlers. Reads are serial: `mode.get` has no effect. Events for what a
 * serial method changes leave before its answer.
 */
export interface StoreCollection<P extends string, S, V extends Value, Q = unknown>
  extends Omit<Handlers<P, "collection", readonly V[], Q>, "get" | "onStart"> {
  /** The content now; undefined if there is no such collection. */
  list(parts: Parts<P>): readonly V[] | undefined | Promise<readonly V[] | undefined>
  /** The collections that a change may alter. Default, for a pattern without placeholders: the only one. */
  affected?(change: StoreChange<S>): readonly Parts<P>[]
  /**
   * How long a collection is remembered after its last `get`, in ms. With the next change of the store after that, it is reset,
   * so that gateways which still show it fetch it again. Default: 10 minutes.
   */
  readonly keepMs?: number
}

type Sender<V> = CollectionEvents<V> & { query(): void }

interface SentList<V> {
  readonly list: readonly V[]
  readonly usedAt: number
}

/**
 * Declares collections that are read from a store. After a change, the collections that it may alter are read again, and the
 * differences are sent as add and remove events, in order with the answers. If there is a `query` handler, a query event follows.
 * Changes in quick succession cause one read.
 *
 * Only one service may serve a store's resources, as only it sends their events.
 *
 * @example
 * storeCollection("library.books", books, {
 *   access: () => ({ get: true }),
 *   list: () => [...ids].map((id) => reference(`library.book.${id}`)),
 * })
 */
export function storeCollection<const P extends string, S, V extends Value, Q = unknown>(
  pattern: P,
  store: Store<S>,
  handlers: StoreCollection<P, S, V, Q>,
): Resource<P, "collection", readonly V[], Q> {
  const { list, affected, keepMs = DEFAULT_KEEP_MS, ...others } = handlers
  if (affected === undefined && /(^|\.)[$>]/.test(pattern))
    throw new TypeError(`"${pattern}" has placeholders, so the option "affected" is required`)
  /** The content that gateways have of each name, the longest unused first. */
  const sent = new Map<string, SentList<V> & { readonly parts: Parts<P> }>()
  /** Names that will be read again, as their changes were not sent yet. */
  const stale = new Set<string>()

  const declared: Resource<P, "collection", readonly V[], Q> = collection(pattern, {
    ...others,
    mode: { ...others.mode, get: "serial" },
    get: async ({ name, parts }) => {
      const content = sent.get(name)?.list ?? (await list(parts))
      sent.delete(name)
      if (content !== undefined) sent.set(name, { list: content, usedAt: Date.now(), parts })
      return content
    },
    onStart: (send) => {
      const stop = store.onChange((change) => {
        forgetOld(send)
        for (const parts of affected?.(change) ?? [{} as Parts<P>]) {
          if (!Object.values<string>(parts).every(isValidPart)) continue // not a resource name
          const name = resource.pattern.name(parts)
          if (stale.has(name)) continue
          stale.add(name)
          void send(parts, (events) => tell(events as unknown as Sender<V>, parts))
        }
      })
      return () => {
        stop()
        sent.clear()
      }
    },
  } as Handlers<P, "collection", readonly V[], Q>)

  const resource = afterMethods(declared, ({ events, parts }) =>
    tell(events as unknown as Sender<V>, parts as Parts<P>),
  )

  async function tell(events: Sender<V>, parts: Parts<P>): Promise<void> {
    if (!stale.delete(events.name)) return
    const before = sent.get(events.name)
    if (before !== undefined) {
      try {
        const now = await list(parts)
        if (now === undefined) sent.delete(events.name)
        else sent.set(events.name, { ...before, list: now })
        if (now === undefined) events.delete()
        else sendSteps(events, before.list, now)
      } catch (error) {
        sent.delete(events.name)
        events.reset()
        throw error
      }
    }
    if (handlers.query !== undefined) events.query()
  }

  function forgetOld(send: Send<P, "collection", readonly V[], Q>): void {
    for (const [name, { usedAt, parts }] of sent) {
      if (Date.now() - usedAt < keepMs) return
      sent.delete(name)
      void send(parts, (events) => (events as CollectionEvents<V>).reset())
    }
  }

  return resource
}

function sendSteps<V extends Value>(events: CollectionEvents<V>, from: readonly V[], to: readonly V[]): void {
  for (const step of diff(from.map(comparable), to.map(comparable))) {
    if (step.type === "remove") events.remove(step.idx)
    else events.add(JSON.parse(step.value.raw) as V, step.idx)
  }
}

function comparable(value: Value): WireValue {
  return { type: "primitive", raw: JSON.stringify(value) }
}
