import { ResError } from "../errors.ts"
import type { CacheEntry } from "./cache-entry.ts"
import { applyEvent, CollectionContent, type Content, ModelContent } from "./content.ts"
import { diff } from "./diff.ts"
import { changeDetail, removeDetail, updateDetail } from "./event-detail.ts"
import { decodeGet, type GetAnswer, type QueryResult } from "./get-answer.ts"
import { asResError } from "./messages.ts"
import { NoRespondersError } from "./requester.ts"
import { type EventDetail, ResourceEvent } from "./resource-event.ts"
import type { Subscriber } from "./subscriber.ts"
import type { Throttle } from "./throttle.ts"
import { deleteValue, type WireValue } from "./wire-value.ts"

const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 5_000

/**
 * The copy of one resource, or of one query of it, which is kept up to date for all subscribers.
 *
 * Source: RES-Service protocol 1.2.3, "Get request", "Resource events", "System reset event".
 */
export class CachedResource {
  readonly entry: CacheEntry
  /** Empty for a resource without a query. */
  readonly query: string
  /** Other spellings of the query. */
  readonly aliases: string[] = []
  readonly #subscribers = new Set<Subscriber>()
  /** Subscribers for which `loaded` was not called yet. */
  readonly #waiting = new Set<Subscriber>()
  #state: "new" | "requested" | "loaded" | "gone" = "new"
  #content: Content | undefined
  #version = 0
  #resetting = false
  /**
   * True while events may have been missed: from a disconnect until a get succeeds. Meanwhile, a missing answer is no reason to
   * give up.
   */
  #stale = false
  #retryTimer: NodeJS.Timeout | undefined
  #retryDelayMs = FIRST_RETRY_MS

  constructor(entry: CacheEntry, query: string) {
    this.entry = entry
    this.query = query
  }

  /** Undefined until the resource is loaded. */
  get content(): Content | undefined {
    return this.#content
  }

  get version(): number {
    return this.#version
  }

  get loaded(): boolean {
    return this.#state === "loaded"
  }

  get unused(): boolean {
    return this.#subscribers.size === 0
  }

  /** Calls `subscriber` when the resource is loaded, and then for all its events. Fetches the resource if nobody has yet. */
  add(subscriber: Subscriber, throttle: Throttle | undefined): void {
    this.#subscribers.add(subscriber)
    if (this.#state === "loaded") {
      subscriber.loaded(this)
      return
    }
    this.#waiting.add(subscriber)
    if (this.#state !== "new") return
    this.#state = "requested"
    this.#get(throttle, (error, text) => this.#settle(error, text))
  }

  /** Ends a subscription. Does nothing if it has already ended. */
  remove(subscriber: Subscriber): void {
    this.entry.queue.run(() => {
      this.#waiting.delete(subscriber)
      if (!this.#subscribers.delete(subscriber)) return
      // Keeping a query up to date costs requests, so it is not kept without subscribers.
      if (this.query !== "" && this.unused) this.#leave()
      this.entry.release(1)
    })
  }

  /** Handles an event. `payload` is JSON text. Invalid events are logged and dropped. */
  handle(name: string, payload: string | undefined): void {
    if (this.#state !== "loaded" && name !== "reaccess") return
    this.#emit(name, this.#detail(name, payload), payload)
  }

  /** Fetches the resource again, and turns the differences into events. */
  reset(throttle: Throttle | undefined): void {
    clearTimeout(this.#retryTimer)
    if (this.#resetting) return
    this.#resetting = true
    this.#get(throttle, (error, text) => {
      this.#resetting = false
      this.#settleReset(error, text)
    })
  }

  /** Like `reset`, after a reconnect. */
  refetch(throttle: Throttle): void {
    if (this.#state !== "loaded") return // the get request under way is repeated
    this.#stale = true
    this.#retryDelayMs = FIRST_RETRY_MS
    this.reset(throttle)
  }

  reaccess(throttle: Throttle | undefined, reconnected = false): void {
    for (const subscriber of this.#subscribers) subscriber.reaccess(throttle, reconnected)
  }

  /** Handles the answer to a query request. */
  answerQuery(error: ResError | undefined, decode: () => QueryResult): void {
    if (error) return
    try {
      const answer = decode()
      if (answer === undefined) return
      if ("events" in answer) for (const { event, data } of answer.events) this.handle(event, data)
      else this.#become(answer.content)
    } catch (error) {
      this.#fail("query event failed", asResError(error))
    }
  }

  /** Ignores answers and events from now on. */
  dispose(): void {
    clearTimeout(this.#retryTimer)
    this.#state = "gone"
  }

  #get(throttle: Throttle | undefined, onAnswer: (error: ResError | undefined, text: string) => void): void {
    const send = (): void =>
      this.entry.get(this.query, (error, text) => {
        this.entry.queue.run(() => onAnswer(error, text))
        throttle?.done()
      })
    if (throttle) throttle.add(send)
    else send()
  }

  #settle(error: ResError | undefined, text: string): void {
    let answer: GetAnswer
    try {
      if (error) throw error
      answer = decodeGet(text)
    } catch (error) {
      this.#refuse(asResError(error))
      return
    }
    const target = answer.query === this.query ? this : this.entry.alias(this, answer.query)
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    if (target !== this) {
      for (const subscriber of this.#subscribers) target.#subscribers.add(subscriber)
      this.#subscribers.clear()
      this.#state = "gone"
    }
    if (target.#state !== "loaded") {
      target.#content = answer.content
      target.#state = "loaded"
      for (const subscriber of target.#waiting) waiting.push(subscriber)
      target.#waiting.clear()
    }
    for (const subscriber of waiting) subscriber.loaded(target)
  }

  #refuse(error: ResError): void {
    const waiting = [...this.#waiting]
    const count = this.#subscribers.size
    this.#waiting.clear()
    this.#subscribers.clear()
    this.#leave()
    this.entry.release(count)
    for (const subscriber of waiting) subscriber.loaded(undefined, error)
  }

  #settleReset(error: ResError | undefined, text: string): void {
    if (this.#state !== "loaded") return
    try {
      if (error) throw error
      const { content } = decodeGet(text)
      if (content.type !== this.#content?.type) throw new ResError("system.internalError", "mismatching resource type")
      this.#stale = false
      this.#become(content)
    } catch (error) {
      const failure = asResError(error)
      if (this.#stale && isNoAnswer(failure)) this.#retryLater()
      else this.#fail("get after a reset failed", failure)
    }
  }

  /** If the service no longer knows the resource, it was deleted. Other errors are logged. */
  #fail(what: string, error: ResError): void {
    if (error.code === "system.notFound") this.handle("delete", undefined)
    else this.entry.log.warn({ resource: this.entry.name, query: this.query, err: error }, what)
  }

  #become(next: Content): void {
    const now = this.#content
    if (now instanceof ModelContent && next instanceof ModelContent) {
      const changed = new Map<string, WireValue>(next.values)
      for (const name of now.values.keys()) if (!changed.has(name)) changed.set(name, deleteValue)
      this.#emit("change", changeDetail(now, changed), undefined)
    } else if (now instanceof CollectionContent && next instanceof CollectionContent) {
      for (const step of diff(now.values, next.values)) {
        if (step.type === "add") this.#emit("add", step, undefined)
        else this.#emit("remove", removeDetail(this.#content, step.idx), `{"idx":${step.idx}}`)
      }
    } else {
      this.entry.log.warn({ resource: this.entry.name, query: this.query }, "answer has another resource type")
    }
  }

  #emit(name: string, detail: EventDetail | undefined, payload: string | undefined): void {
    if (!detail) return
    const version = this.#version
    const after = this.#content && applyEvent(this.#content, detail)
    if (after !== this.#content) this.#version++
    this.#content = after
    const event = new ResourceEvent(name, detail, { version, after }, payload)
    if (detail.type === "delete") this.#end(event)
    else for (const subscriber of this.#subscribers) subscriber.event(event)
  }

  #detail(name: string, payload: string | undefined): EventDetail | undefined {
    switch (name) {
      case "change":
      case "add":
      case "remove":
      case "delete":
        // The answer to the get request under way includes this change.
        if (this.#resetting) return undefined
        break
      case "reaccess":
        return { type: "reaccess" }
      default:
        return { type: "custom" }
    }
    if (name === "delete") return { type: "delete" }
    try {
      return this.#content && updateDetail(this.#content, name, payload)
    } catch (error) {
      const details = { resource: this.entry.name, event: name, reason: asResError(error).message }
      this.entry.log.warn(details, "dropped an invalid event")
      return undefined
    }
  }

  #end(event: ResourceEvent): void {
    const subscribers = [...this.#subscribers]
    this.#subscribers.clear()
    this.#leave()
    this.entry.release(subscribers.length)
    for (const subscriber of subscribers) subscriber.event(event)
  }

  #leave(): void {
    this.dispose()
    this.entry.forget(this)
  }

  #retryLater(): void {
    this.#retryTimer = setTimeout(() => this.entry.queue.run(() => this.reset(undefined)), this.#retryDelayMs)
    this.#retryDelayMs = Math.min(this.#retryDelayMs * 2, MAX_RETRY_MS)
  }
}

/** True for errors that come from no service: nobody listens, or nobody answers. */
export function isNoAnswer(error: ResError): boolean {
  if (error instanceof NoRespondersError) return true
  return error.code === "system.timeout" || error.code === "system.serviceUnavailable"
}
