import type { AnyContract, EventsIn, Shown, ValueOf, Whole } from "../contract/contract.ts"
import { ResError } from "../errors.ts"
import { type StandardSchema, validateNow } from "../standard-schema.ts"
import {
  type DeleteAction,
  dataValue,
  deleteAction,
  type Json,
  reference,
  softReference,
  type Value,
} from "../values.ts"
import type { Cache } from "./cache.ts"
import type { Content } from "./content.ts"
import { type MirrorHost, MirrorNode, referencesOf } from "./mirror-node.ts"
import type { ResourceEvent } from "./resource-event.ts"
import type { WireValue } from "./wire-value.ts"

/** An event of one of the resources of a mirror. `V`: the type of its values; `E`: the payloads of its custom events by name. */
export type MirrorEvent<V = Value, E = Readonly<Record<string, unknown>>> =
  /** The changed properties of a model; deleted ones are `deleteAction`. */
  | { readonly type: "change"; readonly rid: string; readonly changed: Readonly<Record<string, Value | DeleteAction>> }
  | { readonly type: "add"; readonly rid: string; readonly idx: number; readonly value: V }
  | { readonly type: "remove"; readonly rid: string; readonly idx: number; readonly value: V }
  | { readonly type: "delete"; readonly rid: string }
  /** The resource is loaded now; it could not be loaded before. */
  | { readonly type: "load"; readonly rid: string }
  | CustomEvent<E>
  /**
   * Access to the mirror's own resource may have changed: a program that shows it to clients should ask again with
   * `Client.access`.
   */
  | { readonly type: "reaccess"; readonly rid: string }

type CustomEvent<E> = {
  readonly [N in keyof E & string]: {
    readonly type: "custom"
    readonly rid: string
    readonly name: N
    readonly data: E[N]
  }
}[keyof E & string]

/**
 * The mirror of a contract's resource, with the contract's types; its value is null until it is loaded. Its content is not
 * validated, as that would slow down every event. Custom events are validated, and those that the contract does not declare are
 * dropped.
 */
export type MirrorOf<C extends AnyContract> = Mirror<Whole<C> | null, Shown<ValueOf<C>>, EventsIn<C>>

/** One of the resources of a mirror, as it is now. */
export type MirroredResource =
  | { readonly type: "model"; readonly values: Readonly<Record<string, Value>> }
  | { readonly type: "collection"; readonly values: readonly Value[] }
  | { readonly type: "error"; readonly error: ResError }

/**
 * A live copy of a resource and all that it refers to. It survives disconnects, service restarts and system resets: changes in
 * the meantime arrive as ordinary events.
 *
 * Events arrive synchronously, in the order in which services sent them, and only when what they refer to is loaded too, so that
 * listeners never see a partial state. A mirror sends no access requests. A program that shows it to clients must check their
 * access, again after each `reaccess` event.
 *
 * @example
 * const mirror = client.mirror("library.books")
 * await mirror.ready
 * mirror.onEvent((event) => console.log(event.type, event.rid))
 * console.log(mirror.value) // [{ title: "Emma" }, ...]
 */
export class Mirror<T = Json, V = Value, E = Readonly<Record<string, unknown>>> {
  readonly rid: string
  /** Resolves when everything is loaded. Rejects with a `ResError` if the resource cannot be loaded. */
  readonly ready: Promise<void>
  readonly #cache: Cache
  readonly #nodes = new Map<string, MirrorNode>()
  readonly #listeners = new Set<(event: MirrorEvent<V, E>) => void>()
  readonly #events: { readonly [event: string]: StandardSchema } | undefined
  readonly #host: MirrorHost
  #waiting: { readonly rids: readonly string[]; readonly onReady: () => void }[] = []
  /** The JSON text of resources without references. */
  readonly #leaves = new WeakMap<Content, Buffer>()
  #closed = false

  constructor(cache: Cache, rid: string, contract?: AnyContract) {
    this.#cache = cache
    this.rid = rid
    this.#events = contract && (contract.definition.events ?? {})
    this.#host = {
      subscribe: (subscriber) => this.#cache.subscribe(subscriber),
      update: () => this.#update(),
      whenReady: (rids, onReady) => {
        this.#waiting.push({ rids, onReady })
        this.#wake()
      },
      emit: (node, event) => this.#emit(node, event),
    }
    this.ready = new Promise((resolve, reject) => {
      this.#add(rid)
      this.#host.whenReady([rid], () => {
        const error = this.#closed ? new ResError("system.serviceUnavailable") : this.#nodes.get(rid)?.error
        if (error) reject(error)
        else resolve()
      })
    })
    // A program that does not await it must not crash because of it.
    this.ready.catch(() => {})
  }

  /**
   * The whole content as plain JSON. References are replaced by the content that they refer to, data values by their data. Soft
   * references and references in a circle stay. A resource that could not be loaded is null.
   */
  get value(): T {
    return this.#plain(this.rid, new Set()) as T
  }

  /**
   * `value` as JSON text in UTF-8, made of the text that services sent: the spelling of numbers and the order of members are
   * kept. Resources that have not changed since the last time are not encoded again.
   */
  get jsonBytes(): Buffer {
    const pieces: Buffer[] = []
    this.#encode(this.rid, new Set(), pieces)
    return Buffer.concat(pieces)
  }

  /** One of the resources of the mirror; undefined if it is not part of the mirror or not loaded. */
  resource(rid: string): MirroredResource | undefined {
    const node = this.#nodes.get(rid)
    if (node?.error) return { type: "error", error: node.error }
    const content = node?.shown
    if (content?.type === "collection") return { type: "collection", values: content.values.map(toValue) }
    if (content?.type === "model") return { type: "model", values: toValues(content.values) as Record<string, Value> }
    return undefined
  }

  /** Calls `listener` for each event of the resource and all that it refers to, until the returned function is called. */
  onEvent(listener: (event: MirrorEvent<V, E>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Ends the mirror. No events come after this. */
  close(): void {
    this.#closed = true
    this.#listeners.clear()
    for (const node of this.#nodes.values()) node.end()
    this.#nodes.clear()
    this.#wake()
  }

  /** Subscribes to everything that is referred to now, and unsubscribes from the rest. */
  #update(): void {
    if (this.#closed) return
    const reached = new Set<string>()
    const visit = (rid: string): void => {
      if (reached.has(rid)) return
      reached.add(rid)
      for (const referred of this.#nodes.get(rid)?.references ?? []) visit(referred)
    }
    visit(this.rid)
    for (const [rid, node] of this.#nodes) {
      if (reached.has(rid)) continue
      this.#nodes.delete(rid)
      node.end()
    }
    // May call this method again synchronously, if the resource is in the cache.
    for (const rid of reached) if (!this.#nodes.has(rid)) this.#add(rid)
    this.#wake()
  }

  #add(rid: string): void {
    const node = new MirrorNode(this.#host, rid)
    this.#nodes.set(rid, node)
    node.start()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const late = waiting.filter(({ rids, onReady }) => {
      const done = this.#closed || rids.every((rid) => this.#isReady(rid, new Set()))
      if (done) onReady()
      return !done
    })
    this.#waiting.push(...late)
  }

  #isReady(rid: string, seen: Set<string>): boolean {
    if (seen.has(rid)) return true
    seen.add(rid)
    const node = this.#nodes.get(rid)
    // A resource that is no longer part of the mirror does not count.
    if (!node) return true
    // Without its own resource a mirror has nothing to show. Others, which no service answered for, are soon asked for again.
    const isSettled = rid === this.rid ? node.settled : node.answered
    return isSettled && node.references.every((referred) => this.#isReady(referred, seen))
  }

  #emit(node: MirrorNode, event: ResourceEvent | "load" | "reaccess"): void {
    if (this.#nodes.get(node.rid) !== node) return
    // Access to a resource includes what it refers to.
    if (event === "reaccess" && node.rid !== this.rid) return
    const shown = this.#forListeners(
      typeof event === "string" ? { type: event, rid: node.rid } : toMirrorEvent(node.rid, event),
    )
    if (shown === undefined) return
    for (const listener of [...this.#listeners]) {
      try {
        listener(shown)
      } catch (error) {
        this.#cache.log.error({ err: error, rid: node.rid, event: shown.type }, "mirror listener failed")
      }
    }
  }

  /** The event as listeners get it; undefined for a custom event that the contract does not declare. */
  #forListeners(event: MirrorEvent): MirrorEvent<V, E> | undefined {
    if (this.#events === undefined || event.type !== "custom") return event as MirrorEvent<V, E>
    const schema =
      event.rid === this.rid && Object.hasOwn(this.#events, event.name) ? this.#events[event.name] : undefined
    if (schema === undefined) return undefined
    const result = validateNow(schema, event.data)
    if (result.problems === undefined) return { ...event, data: result.value } as MirrorEvent<V, E>
    const { rid, name } = event
    this.#cache.log.error({ rid, event: name, problems: result.problems }, "an event does not match its contract")
    return undefined
  }

  /** Adds the JSON text of a resource to `pieces`. */
  #encode(rid: string, path: Set<string>, pieces: Buffer[]): void {
    const node = this.#nodes.get(rid)
    const content = node?.shown
    if (path.has(rid)) pieces.push(Buffer.from(JSON.stringify({ rid })))
    else if (!content) pieces.push(Buffer.from("null"))
    else if (referencesOf(content).length === 0) pieces.push(this.#encodeLeaf(content))
    else {
      path.add(rid)
      const entries = labelledValues(content)
      for (const [i, [label, value]] of entries.entries()) {
        pieces.push(Buffer.from(`${i === 0 ? opening(content) : ","}${label}`))
        if (value.type === "reference") this.#encode(value.rid, path, pieces)
        else pieces.push(Buffer.from(plainText(value)))
      }
      pieces.push(Buffer.from(closing(content)))
      path.delete(rid)
    }
  }

  #encodeLeaf(content: Content): Buffer {
    const known = this.#leaves.get(content)
    if (known) return known
    const values = labelledValues(content).map(([label, value]) => `${label}${plainText(value)}`)
    const made = Buffer.from(`${opening(content)}${values.join(",")}${closing(content)}`)
    this.#leaves.set(content, made)
    return made
  }

  #plain(rid: string, path: Set<string>): Json {
    const content = this.#nodes.get(rid)?.shown
    if (path.has(rid)) return { rid }
    if (!content) return null
    path.add(rid)
    const plain = (value: WireValue): Json => {
      if (value.type === "reference") return this.#plain(value.rid, path)
      return JSON.parse(plainText(value)) as Json
    }
    const whole: Json =
      content.type === "collection"
        ? content.values.map(plain)
        : Object.fromEntries([...content.values].map(([name, value]) => [name, plain(value)]))
    path.delete(rid)
    return whole
  }
}

/** The JSON text of a value that is not a reference. */
function plainText(value: WireValue): string {
  return value.type === "data" ? value.inner : value.raw
}

/** Values with the JSON text before them: nothing in a collection, the name in a model. */
function labelledValues(content: Content): (readonly [label: string, value: WireValue])[] {
  if (content.type === "collection") return content.values.map((value) => ["", value])
  return [...content.values].map(([name, value]) => [`${JSON.stringify(name)}:`, value])
}

function opening({ type }: Content): string {
  return type === "collection" ? "[" : "{"
}

function closing({ type }: Content): string {
  return type === "collection" ? "]" : "}"
}

function toMirrorEvent(rid: string, event: ResourceEvent): MirrorEvent {
  const { detail } = event
  switch (detail.type) {
    case "change":
      // Parsed when a listener reads it: many only need to know that something has changed.
      return {
        type: "change",
        rid,
        get changed() {
          return toValues(detail.changed)
        },
      }
    case "add":
    case "remove":
      return { type: detail.type, rid, idx: detail.idx, value: toValue(detail.value) }
    case "delete":
      return { type: "delete", rid }
    case "custom":
      return { type: "custom", rid, name: event.name, data: JSON.parse(event.data) as unknown }
    case "reaccess":
      return { type: "reaccess", rid }
  }
}

function toValues(values: ReadonlyMap<string, WireValue>): Record<string, Value | DeleteAction> {
  return Object.fromEntries(
    [...values].map(([name, value]) => [name, value.type === "delete" ? deleteAction : toValue(value)]),
  )
}

function toValue(value: WireValue): Value {
  switch (value.type) {
    case "reference":
      return reference(value.rid)
    case "soft":
      return softReference(value.rid)
    case "data":
      return dataValue(JSON.parse(value.inner) as Json)
    default:
      return JSON.parse(value.raw) as Value
  }
}
