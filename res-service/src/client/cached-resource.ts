import { ResError } from "../errors.ts"
import type { CacheEntry } from "./cache-entry.ts"
import { applyEvent, CollectionContent, type Content, ModelContent } from "./content.ts"
import { diff } from "./diff.ts"
import { changeDetail, removeDetail, updateDetail } from "./event-detail.ts"
import { decodeGet, type GetAnswer, type QueryAnswer } from "./get-answer.ts"
import { asResError } from "./messages.ts"
import { NoRespondersError } from "./requester.ts"
import { type EventDetail, ResourceEvent } from "./resource-event.ts"
import type { Subscriber } from "./subscriber.ts"
import type { Throttle } from "./throttle.ts"
import { deleteValue, type WireValue } from "./wire-value.ts"

const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 5_000

/**
 * The copy of one resource, or of one query of it, that is kept up to date for all subscribers.
 *
 * Source: RES-Service protocol 1.2.3, "Get request", "Resource events", "System reset event".
 */
export class CachedResource {
  readonly entry: CacheEntry
  /** Empty for a resource without a query. */
  readonly query: string
  /** Other spellings of the query that led here. */
  readonly aliases: string[] = []
  readonly #subscribers = new Set<Subscriber>()
  /** Those of the subscribers who have not heard yet that the resource is loaded. */
  readonly #waiting = new Set<Subscriber>()
  #state: "new" | "requested" | "loaded" | "gone" = "new"
  #content: Content | undefined
  #version = 0
  #resetting = false
  /** Events may have been missed since a disconnect: until a get succeeds, silence of the services says nothing. */
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

  /** Tells `subscriber` when the resource is loaded, getting it if nobody has yet; from then on, all its events. */
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

  /** Ends a subscription. Nothing happens if the resource ended it already. */
  remove(subscriber: Subscriber): void {
    this.entry.queue.run(() => {
      this.#waiting.delete(subscriber)
      if (!this.#subscribers.delete(subscriber)) return
      // A query has no events of its own that could keep it up to date without effort, so it is not kept.
      if (this.query !== "" && this.unused) this.#leave()
      this.entry.letGo(1)
    })
  }

  /** One event, `payload` being JSON text. Events that are not valid here are logged and dropped. */
  handle(name: string, payload: string | undefined): void {
    if (this.#state !== "loaded" && name !== "reaccess") return
    this.#emit(name, this.#detail(name, payload), payload)
  }

  /** Gets the resource anew and turns what differs into events. */
  reset(throttle: Throttle | undefined): void {
    clearTimeout(this.#retryTimer)
    if (this.#resetting) return
    this.#resetting = true
    this.#get(throttle, (error, text) => {
      this.#resetting = false
      this.#settleReset(error, text)
    })
  }

  /** As `reset`, after a time without connection. */
  refetch(throttle: Throttle): void {
    if (this.#state !== "loaded") return // the get that is under way is repeated
    this.#stale = true
    this.#retryDelayMs = FIRST_RETRY_MS
    this.reset(throttle)
  }

  reaccess(throttle: Throttle | undefined, reconnected = false): void {
    for (const subscriber of this.#subscribers) subscriber.reaccess(throttle, reconnected)
  }

  /** Takes the answer to a query request. */
  answerQuery(error: ResError | undefined, decode: () => QueryAnswer): void {
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

  /** Stops whatever is still to come. */
  dispose(): void {
    clearTimeout(this.#retryTimer)
    this.#state = "gone"
  }

  #get(throttle: Throttle | undefined, answered: (error: ResError | undefined, text: string) => void): void {
    const send = (): void =>
      this.entry.get(this.query, (error, text) => {
        this.entry.queue.run(() => answered(error, text))
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
    this.entry.letGo(count)
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
      if (this.#stale && meansSilence(failure)) this.#retryLater()
      else this.#fail("get after a reset failed", failure)
    }
  }

  /** A service that does not know the resource any more has deleted it. */
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
        // The get that is under way will show what the event did.
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
    this.entry.letGo(subscribers.length)
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

/** True when no service could be asked, which says nothing about what it would have answered. */
export function meansSilence(error: ResError): boolean {
  if (error instanceof NoRespondersError) return true
  return error.code === "system.timeout" || error.code === "system.serviceUnavailable"
}
