import { ResError } from "../errors.ts"
import type { EventNumber } from "../event-number.ts"
import type { CacheEntry } from "./cache-entry.ts"
import { applyEvent, CollectionContent, type Content, ModelContent } from "./content.ts"
import { diff } from "./diff.ts"
import { allValues, changeDetail, removeDetail, updateDetail } from "./event-detail.ts"
import { decodeGet, type GetAnswer, type QueryResult } from "./get-answer.ts"
import { asResError } from "./messages.ts"
import { NoRespondersError, type OnAnswer, type SentRequest } from "./requester.ts"
import { type EventDetail, ResourceEvent } from "./resource-event.ts"
import type { Subscriber } from "./subscriber.ts"
import type { Throttle } from "./throttle.ts"

/** The longest pause between two failed gets, in first pauses. */
const MAX_PAUSE_FACTOR = 10
/** Pause before the get for a reset that came while another get was under way: more resets may follow, and one get is enough. */
const NEXT_RESET_FACTOR = 0.25

/** A get after a reset. */
interface Refetch {
  /** It is the repetition of a get that failed, or that came before another reset. */
  readonly isRepeated: boolean
  /** Undefined while it waits for its turn. */
  request: SentRequest | undefined
  /** There was another reset since the request was sent. */
  isOutdated: boolean
}

/**
 * The copy of one resource, or of one query of it, which is kept up to date for all subscribers.
 *
 * After a reset it gets the resource again and again until a get that was sent after the last reset succeeds. Meanwhile its
 * content stays. Events that come while such a get is under way are dropped, as the answer includes them. If the service numbers its
 * events, those after a dropped or lost one are dropped, too, until a get succeeds, so subscribers never see an event before an earlier
 * one. All others are applied, even to content that may be old, since a successful get corrects it.
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
  /** The first get is under way. */
  #loading = false
  #refetch: Refetch | undefined
  /** Starts the next refetch. */
  #nextTimer: NodeJS.Timeout | undefined
  /** The last event that the content includes, if the service numbers its events. */
  #last: EventNumber | undefined
  /** How many refetches have failed one after the other. */
  #failures = 0

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
    this.#loading = true
    const send = (): void => {
      this.entry.get(this.query, (error, text, last) => {
        this.entry.queue.run(() => {
          this.#loading = false
          this.#settle(error, text, last)
        })
        throttle?.done()
      })
    }
    if (throttle) throttle.add(send)
    else send()
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

  /** Handles an event that has arrived, unless it shows that an earlier one was lost: then the resource is fetched again. */
  receive(name: string, payload: string | undefined, number: EventNumber | undefined): void {
    // While a get request is under way, events are dropped, as the answer includes them. If it fails, the next event shows that.
    const isDropped = this.#refetch?.request !== undefined
    if (this.#state === "loaded" && !isDropped && number !== undefined && this.#last !== undefined) {
      if (!isNext(this.#last, number)) {
        this.#loseEvent()
        return
      }
      if (number.counter === this.#last.counter && number.number > this.#last.number) this.#last = number
    }
    this.handle(name, payload)
  }

  /** Handles an event. `payload` is JSON text. Invalid events are logged and dropped. */
  handle(name: string, payload: string | undefined): void {
    if (this.#state !== "loaded" && name !== "reaccess") return
    this.#emit(name, this.#detail(name, payload), payload)
  }

  /** Fetches the resource again, and turns the differences into events. */
  reset(throttle: Throttle | undefined): void {
    this.#failures = 0
    if (this.#refetch?.request) {
      this.#refetch.isOutdated = true
      this.#refetch.request.distrust()
    } else if (!this.#refetch || this.#refetch.isRepeated) this.#startRefetch(throttle, false)
  }

  /** Like `reset`, after a reconnect. */
  refetch(throttle: Throttle): void {
    // Get requests under way are repeated.
    if (this.#state === "loaded" && !this.#refetch?.request) this.reset(throttle)
  }

  reaccess(throttle: Throttle | undefined): void {
    for (const subscriber of this.#subscribers) subscriber.reaccess(throttle)
  }

  /** Handles the answer to a query request. */
  answerQuery(error: ResError | undefined, decode: () => QueryResult): void {
    try {
      if (error) throw error
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
    clearTimeout(this.#nextTimer)
    this.#refetch = undefined
    this.#state = "gone"
  }

  #startRefetch(throttle: Throttle | undefined, isRepeated: boolean): void {
    clearTimeout(this.#nextTimer)
    this.#nextTimer = undefined
    const refetch: Refetch = { isRepeated, request: undefined, isOutdated: false }
    this.#refetch = refetch
    const send = (): void => {
      // Another one took its place, or nobody needs it any more.
      if (this.#refetch !== refetch) {
        throttle?.done()
        return
      }
      const onAnswer: OnAnswer = (error, text, last) => {
        this.entry.queue.run(() => this.#endRefetch(refetch, error, text, last))
        throttle?.done()
      }
      this.entry.get(this.query, onAnswer, (request) => {
        refetch.request = request
      })
    }
    if (throttle) throttle.add(send)
    else send()
  }

  #loseEvent(): void {
    // Said once: until the resource is fetched again, each further event shows the same.
    if (this.#isOld) return
    this.entry.log.debug({ resource: this.entry.name }, "events were lost, or another process sends them now")
    this.#refetchLater(0)
  }

  /** @param factor the pause, in first pauses after a failure */
  #refetchLater(factor: number): void {
    if (this.#refetch || this.#state === "gone") return
    this.#nextTimer ??= setTimeout(() => {
      this.entry.queue.run(() => {
        if (!this.#refetch && this.#state !== "gone") this.#startRefetch(this.entry.repeats, true)
      })
    }, factor * this.entry.refetchPauseMs)
  }

  /** True from a reset until a get that was sent after it succeeds. */
  get #isOld(): boolean {
    return this.#refetch !== undefined || this.#nextTimer !== undefined
  }

  /** Handles the answer to the first get. */
  #settle(error: ResError | undefined, text: string, last: EventNumber | undefined): void {
    // A get after a reset was faster.
    if (this.#state !== "requested") return
    let answer: GetAnswer
    try {
      if (error) throw error
      answer = decodeGet(text)
    } catch (error) {
      // There was a reset: the get after that decides.
      if (!this.#isOld) this.#refuse(asResError(error))
      return
    }
    this.#load(answer, last)
  }

  #load(answer: GetAnswer, last: EventNumber | undefined): void {
    const target = answer.query === this.query ? this : this.entry.alias(this, answer.query)
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    if (target !== this) {
      for (const subscriber of this.#subscribers) target.#subscribers.add(subscriber)
      this.#subscribers.clear()
      if (this.#isOld) target.reset(undefined)
      this.dispose()
    }
    if (target.#state !== "loaded") {
      target.#content = answer.content
      target.#last = last
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

  #endRefetch(refetch: Refetch, error: ResError | undefined, text: string, last: EventNumber | undefined): void {
    if (this.#refetch !== refetch) return
    this.#refetch = undefined
    if (refetch.isOutdated) this.#refetchLater(NEXT_RESET_FACTOR)
    try {
      if (error) throw error
      const answer = decodeGet(text)
      this.#failures = 0
      if (this.#state === "requested") this.#load(answer, last)
      else if (answer.content.type === this.#content?.type) {
        this.#last = last
        this.#become(answer.content)
      } else throw new ResError("system.internalError", "mismatching resource type")
    } catch (error) {
      const failure = asResError(error)
      if (this.#state === "loaded") this.#fail("get after a reset failed", failure)
      else if (this.#loading) this.#refetchAfterFailure()
      else if (!this.#isOld) this.#refuse(failure)
    }
  }

  /** If the service no longer knows the resource, it was deleted. After other errors it is fetched again. */
  #fail(what: string, error: ResError): void {
    if (error.code === "system.notFound" && !isNoAnswer(error)) {
      this.handle("delete", undefined)
      return
    }
    if (this.#failures === 0) {
      this.entry.log.warn({ resource: this.entry.name, query: this.query, err: error }, what)
    }
    this.#refetchAfterFailure()
  }

  #refetchAfterFailure(): void {
    this.#refetchLater(Math.min(2 ** this.#failures, MAX_PAUSE_FACTOR))
    this.#failures++
  }

  #become(next: Content): void {
    const now = this.#content
    if (now instanceof ModelContent && next instanceof ModelContent) {
      this.#emit("change", changeDetail(now, allValues(now, next)), undefined)
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
        if (this.#refetch?.request) return undefined
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
      // It does not fit the content, so an earlier event may have been lost.
      this.#refetchAfterFailure()
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
}

/** False: events between these two were lost. One that was counted already is of before the last answer, and harmless. */
function isNext(last: EventNumber, next: EventNumber): boolean {
  return next.counter === last.counter ? next.number <= last.number + 1 : !next.isExclusive
}

/** True for errors that come from no service: nobody listens, or nobody answers. */
export function isNoAnswer(error: ResError): boolean {
  if (error instanceof NoRespondersError) return true
  return error.code === "system.timeout" || error.code === "system.serviceUnavailable"
}
