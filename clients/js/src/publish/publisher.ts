import type { PublishEvent } from "../../../../contract/publish-event.ts"
import { Backoff } from "../backoff.ts"
import { awaitListener } from "../call-listener.ts"
import { edgeUrlOf } from "../edge-url.ts"
import { Observable } from "../observable.ts"
import { onPageReturn } from "../page-return.ts"
import { type Outcome, outcomeOf } from "./answer.ts"
import { type PublisherEvent, partsOf } from "./guest.ts"
import { MemoryStore } from "./memory-store.ts"
import { Outbox, type OutboxRequest } from "./outbox.ts"
import type { OutboxStore } from "./outbox-store.ts"
import { Pause } from "./pause.ts"
import { errorOf, plainOf } from "./plain-error.ts"
import { ProblemError } from "./problem-error.ts"
import { type TabMessage, Tabs } from "./tabs.ts"
import { Waiters } from "./waiters.ts"

/** The longest pause between attempts, in ms, unless an answer asks for more. */
const GREATEST_PAUSE_MS = 60_000
/** Time for an answer, in ms; the edge answers within 10 s. */
const ANSWER_MS = 30_000
/** At most this part is added to a pause that an answer asks for, so that senders do not all return at the same moment. */
const SPREAD = 0.25
/** Time for another tab's message to arrive, in ms. */
const MESSAGE_MS = 1000

/**
 * Gives the token to publish with; undefined: without one.
 *
 * @param refused the token that the edge has just refused, because it has expired or was revoked: another one is needed
 */
export type TokenProvider = (refused: string | undefined) => string | undefined | Promise<string | undefined>

export interface PublisherOptions {
  /** `https://edge.example`; a page of the edge itself can give an empty text. */
  readonly edgeUrl: string
  readonly shopId: string
  /** Where events wait. Default: memory, so that they are lost with the page or program. */
  readonly store?: OutboxStore
  readonly token?: TokenProvider
  /**
   * Called for each event that the edge refuses for good, before it leaves the outbox: again after a crash in between. Nothing else is
   * sent until it has resolved. Without it, an event that no `publish` waits for is reported on the console.
   */
  readonly onRefused?: (event: PublisherEvent, problem: ProblemError) => unknown
  /** Waits between attempts. Default: for the given time; a test may wait less. */
  readonly pause?: Pick<Pause, "wait" | "end">
}

export interface PublisherState {
  /** Events in the outbox. */
  readonly waiting: number
  /** Why the last attempt failed; undefined if it did not. It is tried again by itself. */
  readonly problem: Error | undefined
  /**
   * What has become of the shopper in the shared session that the last stored event names: `joined`, or an error's code such as
   * `session.full`. Undefined while it is not known: the service joins after it has answered, so the next event brings it.
   */
  readonly sharedSession: string | undefined
}

/**
 * Publishes events of one shop, in their order, each exactly once, however long it takes: they wait in an outbox until the edge has
 * stored them.
 *
 * Source: docs/producers.md
 */
export class Publisher {
  readonly state = new Observable<PublisherState>({ waiting: 0, problem: undefined, sharedSession: undefined })
  readonly #options: PublisherOptions
  readonly #store: OutboxStore
  readonly #outbox: Outbox
  readonly #tabs: Tabs
  readonly #backoff = new Backoff(GREATEST_PAUSE_MS)
  readonly #pause: Pick<Pause, "wait" | "end">
  readonly #idle = new Pause()
  readonly #stopping = new AbortController()
  readonly #waiters = new Waiters()
  /** Calls of the store's `add` that have not ended. */
  readonly #adding = new Set<Promise<unknown>>()
  readonly #endPageReturns: () => void
  readonly #running: Promise<void>
  /** Events may have been added since the store was last asked. */
  #hasNews = false
  /** The token of the last answer, if that was 401. */
  #refusedToken: string | undefined
  /** The headers of a name or an invitation that the edge has refused, as JSON. */
  #refusedGuest: string | undefined
  /** The pause was asked for by an answer, so nothing may end it early. */
  #mustWait = false
  /** Skip the rest of the pause. */
  #isRetryAsked = false
  /** This tab is the one that sends. */
  #isSending = false
  #stopped: Promise<void> | undefined

  /** Begins to send at once what waits in the store. */
  constructor(options: PublisherOptions) {
    this.#options = options
    this.#store = options.store ?? new MemoryStore()
    this.#outbox = new Outbox(this.#store)
    this.#pause = options.pause ?? new Pause()
    this.#tabs = new Tabs(this.#store.sharedAs, (message) => this.#onMessage(message))
    this.#endPageReturns = onPageReturn(() => this.retry())
    this.#tabs.tell({ kind: "joined" })
    this.#recount()
    this.#running = this.#tabs.alone(this.#stopping.signal, () => this.#run())
  }

  /**
   * Puts events into the outbox. Resolves when they are there.
   *
   * @throws {OutboxFullError} there is no room: none of them was added
   * @throws {Error} an event is of another shop, or the publisher was stopped: none of them was added
   */
  async add(events: PublisherEvent | readonly PublisherEvent[]): Promise<void> {
    await this.#put([events].flat())
    this.#tellAdded()
  }

  /**
   * Puts events into the outbox, and resolves with their sequences in the log when all are stored. A sequence is 0 if it is unknown:
   * the log has dropped the event meanwhile, or the tab that sent it was closed before it could tell. Rejects with a `ProblemError` if
   * an event is refused, as `add` does, and if the publisher is stopped before.
   */
  publish(event: PublisherEvent): Promise<number>
  publish(events: readonly PublisherEvent[]): Promise<readonly number[]>
  async publish(events: PublisherEvent | readonly PublisherEvent[]): Promise<number | readonly number[]> {
    const keys = await this.#put([events].flat())
    // `stop` may have been called while they were added; they stay in the store.
    if (this.#isStopped) throw stopped()
    const stored = keys.map((key) => this.#waiters.wait(key))
    this.#tellAdded()
    const seqs = await Promise.all(stored)
    return Array.isArray(events) ? seqs : (seqs[0] ?? 0)
  }

  /** Resolves when nothing waits. Rejects if the publisher is stopped before. */
  async flush(): Promise<void> {
    for (;;) {
      if (this.#isStopped) throw stopped()
      await this.#count()
      if (this.state.get().waiting === 0) return
      if (this.#isStopped) throw stopped()
      await new Promise<void>((resolve) => {
        const leave = this.state.subscribe(() => {
          leave()
          resolve()
        })
      })
    }
  }

  /** Ends a pause between attempts, e.g. after a new sign-in, but never before the time that the edge has asked for. */
  retry(): void {
    this.#endPause()
    this.#tabs.tell({ kind: "retry" })
  }

  /** Stops sending, and closes the store. What waits is sent by the next publisher of the same store. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    this.#endPageReturns()
    this.#pause.end()
    this.#wake()
    await this.#running
    this.#tabs.close()
    for (const key of this.#waiters.keys()) this.#waiters.reject(key, stopped())
    // Wakes `flush`, so that it rejects.
    this.state.set({ ...this.state.get() })
    await Promise.allSettled(this.#adding)
    await this.#store.close()
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Resolves with the events' keys when they are in the store. */
  async #put(events: readonly PublisherEvent[]): Promise<readonly number[]> {
    if (this.#isStopped) throw stopped()
    for (const event of events) this.#checkShop(event)
    if (events.length === 0) return []
    const adding = this.#store.add(events.map((event) => JSON.stringify(event)))
    this.#adding.add(adding)
    try {
      return await adding
    } finally {
      this.#adding.delete(adding)
    }
  }

  #tellAdded(): void {
    this.#recount()
    this.#wake()
    this.#tabs.tell({ kind: "added" })
  }

  #checkShop({ shop_id }: PublishEvent): void {
    const { shopId } = this.#options
    if (plainId(shop_id) !== plainId(shopId)) throw new Error(`the event is of shop ${shop_id}, not of ${shopId}`)
  }

  async #count(): Promise<void> {
    this.#setState({ waiting: await this.#store.count() })
  }

  /** Counts what waits, and looks for events that have left the store. */
  #recount(): void {
    if (this.#isStopped) return
    // A broken store is noticed by the sender.
    Promise.all([this.#count(), this.#settleSent()]).catch(() => {})
  }

  /**
   * Settles the waiters of events that another tab has sent without telling, as it was closed. They are stored: a refusal is told
   * before the event leaves the store.
   */
  async #settleSent(): Promise<void> {
    const waiting = this.#waiters.keys()
    if (this.#store.sharedAs === undefined || waiting.length === 0) return
    const oldest = await this.#store.change(1, (_, [event]) => ({ result: event?.key ?? Number.POSITIVE_INFINITY }))
    const sent = waiting.filter((key) => key < oldest)
    if (sent.length === 0) return
    // Usually the sequences are on their way.
    setTimeout(() => {
      for (const key of sent) this.#waiters.resolve(key, 0)
    }, MESSAGE_MS)
  }

  #wake(): void {
    this.#hasNews = true
    this.#idle.end()
  }

  async #run(): Promise<void> {
    this.#isSending = true
    this.#tellProblem(undefined)
    this.#recount()
    while (!this.#isStopped) {
      try {
        this.#hasNews = false
        const request = await this.#outbox.next()
        if (request !== undefined) await this.#attempt(request)
        else if (!this.#hasNews) await this.#idle.wait(GREATEST_PAUSE_MS)
        if (request === undefined) this.#recount()
      } catch (error) {
        // The store is broken, or the token's provider; both may recover.
        await this.#later(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  async #attempt(request: OutboxRequest): Promise<void> {
    const wasUnauthorised = this.#refusedToken !== undefined
    const token = await unlessAborted(this.#stopping.signal, this.#options.token?.(this.#refusedToken))
    const { body, guest } = partsOf(request.events.map(({ json }) => json))
    const guestText = JSON.stringify(guest)
    const outcome = await this.#send(request, body, {
      ...(guestText !== this.#refusedGuest && guest),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    })
    this.#refusedToken = outcome.kind === "unauthorised" ? token : undefined
    switch (outcome.kind) {
      case "stored":
        await this.#outbox.finish(request)
        this.#backoff.reset()
        for (const [i, { key }] of request.events.entries()) {
          const seq = outcome.seqs[i] ?? 0
          this.#waiters.resolve(key, seq)
          this.#tabs.tell({ kind: "stored", key, seq })
        }
        this.#setState({ problem: undefined })
        this.#tellSharedSession(outcome.sharedSession)
        await this.#count()
        break
      case "noGuest":
        // The events are sent without the name and the invitation, rather than not at all.
        if (guestText === this.#refusedGuest) await this.#later(outcome.problem)
        this.#refusedGuest = guestText
        break
      case "refused":
        if (request.events.length > 1) await this.#outbox.divide(request)
        else await this.#refuse(request, outcome.problem)
        break
      case "notAlone":
        await this.#outbox.renew(request)
        await this.#later(outcome.problem)
        break
      case "unauthorised":
        // One refusal is usual when a token expires. After more, the provider has no token that is accepted, so ask less often.
        if (token === undefined || wasUnauthorised) await this.#later(outcome.problem)
        break
      case "later":
        await this.#later(outcome.problem)
        break
    }
  }

  /** Sends a request. Resolves with a `later` also if there was no answer. */
  async #send(
    { producer, epoch, seq, events }: OutboxRequest,
    body: string,
    more: Readonly<Record<string, string>>,
  ): Promise<Outcome> {
    const { edgeUrl, shopId } = this.#options
    const ending = new AbortController()
    const end = (): void => ending.abort()
    const timer = setTimeout(end, ANSWER_MS)
    this.#stopping.signal.addEventListener("abort", end)
    if (this.#isStopped) end()
    try {
      const response = await fetch(edgeUrlOf(edgeUrl, `/publish/${shopId}`), {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "Producer-Id": producer,
          "Producer-Epoch": String(epoch),
          "Producer-Seq": String(seq),
          ...more,
        },
        body,
        // A redirect is a captive portal, or a wrong address: it must not get the events.
        redirect: "error",
        signal: ending.signal,
      })
      return await outcomeOf(response, events)
    } catch (error) {
      return { kind: "later", problem: new ProblemError(0, { detail: `There was no answer: ${String(error)}` }) }
    } finally {
      clearTimeout(timer)
      this.#stopping.signal.removeEventListener("abort", end)
    }
  }

  /** Tells it before the event leaves the store, so that a crash in between loses nothing untold. */
  async #refuse(request: OutboxRequest, problem: ProblemError): Promise<void> {
    const { onRefused } = this.#options
    for (const { key, json } of request.events) {
      if (onRefused !== undefined) {
        const told = awaitListener(() => onRefused(JSON.parse(json), problem))
        await unlessAborted(this.#stopping.signal, told)
      } else if (!this.#waiters.has(key))
        console.warn("shopwire: an event was refused:", problem.message, problem.errors)
      this.#waiters.reject(key, problem)
      this.#tabs.tell({ kind: "refused", key, error: plainOf(problem) })
    }
    await this.#outbox.drop(request)
    // Only now do the other tabs count one event less.
    this.#tellProblem(undefined)
    await this.#count()
  }

  async #later(problem: Error): Promise<void> {
    if (this.#isStopped) return
    this.#isRetryAsked = false
    this.#tellProblem(problem)
    const asked = problem instanceof ProblemError ? (problem.retryAfterMs ?? 0) * (1 + SPREAD * Math.random()) : 0
    const own = this.#backoff.next()
    if (asked > 0) {
      this.#mustWait = true
      await this.#pause.wait(asked)
      this.#mustWait = false
    }
    if (own > asked && !this.#isRetryAsked && !this.#isStopped) await this.#pause.wait(own - asked)
  }

  #endPause(): void {
    this.#isRetryAsked = true
    if (!this.#mustWait) this.#pause.end()
  }

  /** Sets why the last attempt failed, here and in the other tabs. */
  #tellProblem(problem: Error | undefined): void {
    this.#setState({ problem })
    this.#tabs.tell({ kind: "problem", error: problem && plainOf(problem) })
  }

  #tellSharedSession(status: string | undefined): void {
    if (status === this.state.get().sharedSession) return
    this.#setState({ sharedSession: status })
    this.#tabs.tell({ kind: "sharedSession", status })
  }

  #onMessage(message: TabMessage): void {
    switch (message.kind) {
      case "joined":
        if (!this.#isSending) break
        this.#tellProblem(this.state.get().problem)
        this.#tabs.tell({ kind: "sharedSession", status: this.state.get().sharedSession })
        break
      case "added":
        this.#wake()
        break
      case "retry":
        this.#endPause()
        break
      case "problem":
        this.#setState({ problem: message.error && errorOf(message.error) })
        break
      case "sharedSession":
        this.#setState({ sharedSession: message.status })
        break
      case "stored":
        this.#waiters.resolve(message.key, message.seq)
        this.#setState({ problem: undefined })
        break
      case "refused":
        this.#waiters.reject(message.key, errorOf(message.error))
        this.#setState({ problem: undefined })
        break
    }
    this.#recount()
  }

  #setState(change: Partial<PublisherState>): void {
    const before = this.state.get()
    const next = { ...before, ...change }
    const isSame =
      next.waiting === before.waiting && next.problem === before.problem && next.sharedSession === before.sharedSession
    if (!isSame) this.state.set(next)
  }
}

function stopped(): Error {
  return new Error("the publisher was stopped")
}

/** A shop ID as it compares: the edge takes it in any case, with dashes or without. */
function plainId(id: string): string {
  return String(id).replaceAll("-", "").toLowerCase()
}

/** Resolves as `task` does, but rejects when `signal` aborts. */
function unlessAborted<T>(signal: AbortSignal, task: T | Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = (): void => reject(stopped())
    signal.addEventListener("abort", end)
    Promise.resolve(task)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", end))
    if (signal.aborted) end()
  })
}
