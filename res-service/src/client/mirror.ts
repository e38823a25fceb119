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
import { type MirrorHost, MirrorNode } from "./mirror-node.ts"
import type { ResourceEvent } from "./resource-event.ts"
import type { WireValue } from "./wire-value.ts"

/** What happened to a resource of a mirror; `rid` says which. `V` are its values, `E` what its own events carry. */
export type MirrorEvent<V = Value, E = Readonly<Record<string, unknown>>> =
  /** A model's properties; deleted ones are `deleteAction`. */
  | { readonly type: "change"; readonly rid: string; readonly changed: Readonly<Record<string, Value | DeleteAction>> }
  | { readonly type: "add"; readonly rid: string; readonly idx: number; readonly value: V }
  | { readonly type: "remove"; readonly rid: string; readonly idx: number; readonly value: V }
  | { readonly type: "delete"; readonly rid: string }
  /** The resource could not be had before. */
  | { readonly type: "load"; readonly rid: string }
  | CustomEvent<E>
  /** Of the mirror's own resource: whoever shows it to others should ask again whether they may see it, by `Client.access`. */
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
 * The mirror of a contract's resource. Its content has the contract's types and is not checked, for that would cost on each event;
 * of custom events only those are told that the contract declares, checked.
 */
export type MirrorOf<C extends AnyContract> = Mirror<Whole<C>, Shown<ValueOf<C>>, EventsIn<C>>

/** One resource of a mirror as it is now. */
export type MirroredResource =
  | { readonly type: "model"; readonly values: Readonly<Record<string, Value>> }
  | { readonly type: "collection"; readonly values: readonly Value[] }
  | { readonly type: "error"; readonly error: ResError }

/**
 * A live copy of a resource and of all that it refers to. It outlives disconnects, restarts of services and system
 * resets: what has changed meanwhile comes as ordinary events.
 *
 * Events come synchronously, in the order in which they came in, and once what they refer to is loaded as well, so that
 * a listener always sees a whole. No access is asked for: this is for services, not for clients. A service that shows it to
 * clients asks for them, and again after `reaccess`.
 *
 * @example
 * const mirror = client.mirror("library.books")
 * await mirror.ready
 * mirror.onEvent((event) => console.log(event.type, event.rid))
 * console.log(mirror.value) // [{ title: "Emma" }, ...]
 */
export class Mirror<T = Json, V = Value, E = Readonly<Record<string, unknown>>> {
  readonly rid: string
  /** Resolves when everything is loaded. Rejects with the `ResError` for which the resource can't be had. */
  readonly ready: Promise<void>
  readonly #cache: Cache
  readonly #nodes = new Map<string, MirrorNode>()
  readonly #listeners = new Set<(event: MirrorEvent<V, E>) => void>()
  readonly #events: { readonly [event: string]: StandardSchema } | undefined
  readonly #host: MirrorHost
  #waiting: { readonly rids: readonly string[]; readonly ready: () => void }[] = []
  /** The JSON text of resources that refer to nothing. */
  readonly #leaves = new WeakMap<Content, Buffer>()
  #closed = false

  constructor(cache: Cache, rid: string, contract?: AnyContract) {
    this.#cache = cache
    this.rid = rid
    this.#events = contract && (contract.definition.events ?? {})
    this.#host = {
      subscribe: (subscriber) => this.#cache.subscribe(subscriber),
      update: () => this.#update(),
      whenReady: (rids, ready) => {
        this.#waiting.push({ rids, ready })
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
    // Who does not wait for it must not be stopped by it.
    this.ready.catch(() => {})
  }

  /**
   * The whole content as plain JSON: references are replaced by what they refer to, data values by what is in them, soft
   * references stay. A reference in a circle stays, too; what could not be loaded is null.
   */
  get value(): T {
    return this.#plain(this.rid, new Set()) as T
  }

  /**
   * `value` as JSON text in UTF-8, put together from what services sent: numbers and the order of members stay as they came.
   * Resources that have not changed since the last time are not encoded again.
   */
  get jsonBytes(): Buffer {
    const pieces: Buffer[] = []
    this.#encode(this.rid, new Set(), pieces)
    return Buffer.concat(pieces)
  }

  /** One of the resources, also those that it refers to; undefined when it is not part of the mirror, or not loaded. */
  resource(rid: string): MirroredResource | undefined {
    const node = this.#nodes.get(rid)
    if (node?.error) return { type: "error", error: node.error }
    const content = node?.content
    if (content?.type === "collection") return { type: "collection", values: content.values.map(toValue) }
    if (content?.type === "model") return { type: "model", values: toValues(content.values) as Record<string, Value> }
    return undefined
  }

  /** Calls `listener` for each event of the resource and of what it refers to; returns a function that stops that. */
  onEvent(listener: (event: MirrorEvent<V, E>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** No events come after this. */
  close(): void {
    this.#closed = true
    this.#listeners.clear()
    for (const node of this.#nodes.values()) node.end()
    this.#nodes.clear()
    this.#wake()
  }

  /** Subscribes to what is referred to, and lets go of what is not any more. */
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
    // May lead here again at once, if what is referred to is in the cache.
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
    const late = waiting.filter(({ rids, ready }) => {
      const done = this.#closed || rids.every((rid) => this.#isReady(rid, new Set()))
      if (done) ready()
      return !done
    })
    this.#waiting.push(...late)
  }

  #isReady(rid: string, seen: Set<string>): boolean {
    if (seen.has(rid)) return true
    seen.add(rid)
    const node = this.#nodes.get(rid)
    // What is not part of the mirror any more does not hold it up.
    if (!node) return true
    return node.settled && node.references.every((referred) => this.#isReady(referred, seen))
  }

  #emit(node: MirrorNode, event: ResourceEvent | "load" | "reaccess"): void {
    if (this.#nodes.get(node.rid) !== node) return
    // Whoever may see a resource may see what it refers to.
    if (event === "reaccess" && node.rid !== this.rid) return
    const told = this.#told(typeof event === "string" ? { type: event, rid: node.rid } : toMirrorEvent(node.rid, event))
    if (told === undefined) return
    for (const listener of [...this.#listeners]) {
      try {
        listener(told)
      } catch (error) {
        this.#cache.log.error({ err: error, rid: node.rid, event: told.type }, "mirror listener failed")
      }
    }
  }

  /** The event as listeners get it; undefined for a custom event that the contract does not have. */
  #told(event: MirrorEvent): MirrorEvent<V, E> | undefined {
    if (this.#events === undefined || event.type !== "custom") return event as MirrorEvent<V, E>
    const schema =
      event.rid === this.rid && Object.hasOwn(this.#events, event.name) ? this.#events[event.name] : undefined
    if (schema === undefined) return undefined
    const result = validateNow(schema, event.data)
    if (result.problems === undefined) return { ...event, data: result.value } as MirrorEvent<V, E>
    const { rid, name } = event
    this.#cache.log.error({ rid, event: name, problems: result.problems }, "an event does not fit its contract")
    return undefined
  }

  /** Adds the JSON text of a resource to `pieces`. */
  #encode(rid: string, path: Set<string>, pieces: Buffer[]): void {
    const node = this.#nodes.get(rid)
    const content = node?.content
    if (path.has(rid)) pieces.push(Buffer.from(JSON.stringify({ rid })))
    else if (!content) pieces.push(Buffer.from("null"))
    else if (node.references.length === 0) pieces.push(this.#encodeLeaf(content))
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
    const content = this.#nodes.get(rid)?.content
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

/** A value that is no reference, as JSON text. */
function plainText(value: WireValue): string {
  return value.type === "data" ? value.inner : value.raw
}

/** Values with what stands before them in JSON text: nothing in a collection, the name in a model. */
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
      return { type: "change", rid, changed: toValues(detail.changed) }
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
