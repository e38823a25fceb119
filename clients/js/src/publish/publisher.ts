import type { PublishEvent } from "../../../../contract/publish-event.ts"
import { Backoff } from "../backoff.ts"
import { Observable } from "../observable.ts"
import { onPageReturn } from "../page-return.ts"
import { type Outcome, outcomeOf } from "./answer.ts"
import { MemoryStore } from "./memory-store.ts"
import { Outbox, type OutboxRequest } from "./outbox.ts"
import type { OutboxStore } from "./outbox-store.ts"
import { Pause } from "./pause.ts"
import { ProblemError } from "./problem-error.ts"
import { type TabMessage, Tabs } from "./tabs.ts"

/** The longest pause between attempts, in ms, unless an answer asks for more. */
const GREATEST_PAUSE_MS = 60_000
/** Time for an answer, in ms; the edge answers within 10 s. */
const ANSWER_MS = 30_000
/** At most this part is added to a pause that an answer asks for, so that senders do not all return at the same moment. */
const SPREAD = 0.25

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
  /** Called for each event that the edge refuses for good; it is then no longer in the outbox. */
  readonly onRefused?: (event: PublishEvent, problem: ProblemError) => void
  /** Waits between attempts. Default: for the given time; a test may wait less. */
  readonly pause?: Pick<Pause, "wait" | "end">
}

export interface PublisherState {
  /** Events in the outbox. */
  readonly waiting: number
  /** Why the last attempt failed; undefined if it did not. It is tried again by itself. */
  readonly problem: Error | undefined
}

interface Waiter {
  resolve(seq: number): void
  reject(reason: Error): void
}

/**
 * Publishes events of one shop, in their order, each exactly once, however long it takes: they wait in an outbox until the edge has
 * stored them.
 *
 * Source: docs/producers.md
 */
export class Publisher {
  readonly state = new Observable<PublisherState>({ waiting: 0, problem: undefined })
  readonly #options: PublisherOptions
  readonly #store: OutboxStore
  readonly #outbox: Outbox
  readonly #tabs: Tabs
  readonly #backoff = new Backoff(GREATEST_PAUSE_MS)
  readonly #pause: Pick<Pause, "wait" | "end">
  readonly #idle = new Pause()
  readonly #stopping = new AbortController()
  /** Who waits for an event, by its key. */
  readonly #waiters = new Map<number, Waiter>()
  readonly #endPageReturns: () => void
  readonly #running: Promise<void>
  /** Events may have been added since the store was last asked. */
  #hasNews = false
  #refusedToken: string | undefined
  /** The pause was asked for by an answer, so nothing may end it early. */
  #mustWait = false

  /** Begins to send at once what waits in the store. */
  constructor(options: PublisherOptions) {
    this.#options = options
    this.#store = options.store ?? new MemoryStore()
    this.#outbox = new Outbox(this.#store)
    this.#pause = options.pause ?? new Pause()
    this.#tabs = new Tabs(this.#store.sharedAs, (message) => this.#onMessage(message))
    this.#endPageReturns = onPageReturn(() => this.retry())
    this.#recount()
    this.#running = this.#tabs.alone(this.#stopping.signal, () => this.#run())
  }

  /**
   * Puts events into the outbox. Resolves when they are there.
   *
   * @throws {OutboxFullError} there is no room: none of them was added
   */
  async add(events: PublishEvent | readonly PublishEvent[]): Promise<void> {
    await this.#put([events].flat())
  }

  /**
   * Puts events into the outbox, and resolves with their sequences in the log when all are stored. Rejects with a `ProblemError` if
   * one is refused, with an `OutboxFullError` if there is no room, and if the publisher is stopped before.
   */
  publish(event: PublishEvent): Promise<number>
  publish(events: readonly PublishEvent[]): Promise<readonly number[]>
  async publish(events: PublishEvent | readonly PublishEvent[]): Promise<number | readonly number[]> {
    const stored: Promise<number>[] = []
    await this.#put([events].flat(), (key) => {
      stored.push(new Promise((resolve, reject) => this.#waiters.set(key, { resolve, reject })))
    })
    const seqs = await Promise.all(stored)
    return Array.isArray(events) ? seqs : (seqs[0] ?? 0)
  }

  /** Resolves when nothing waits. Rejects if the publisher is stopped before. */
  async flush(): Promise<void> {
    while ((await this.#count()) > 0) {
      if (this.#stopping.signal.aborted) throw stopped()
      await new Promise<void>((resolve) => {
        const leave = this.state.subscribe(() => {
          leave()
          resolve()
        })
      })
    }
  }

  /** Ends a pause between attempts, e.g. after a new sign-in; not one that the edge has asked for. */
  retry(): void {
    if (!this.#mustWait) this.#pause.end()
  }

  /** Stops sending, and closes the store. What waits is sent by the next publisher of the same store. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#endPageReturns()
    this.#pause.end()
    this.#wake()
    await this.#running
    this.#tabs.close()
    for (const { reject } of this.#waiters.values()) reject(stopped())
    this.#waiters.clear()
    // Whoever waits for a change sees that there will be none.
    this.state.set({ ...this.state.get() })
    await this.#store.close()
  }

  async #put(events: readonly PublishEvent[], onKey: (key: number) => void = () => {}): Promise<void> {
    if (events.length === 0) return
    const keys = await this.#store.add(events.map((event) => JSON.stringify(event)))
    for (const key of keys) onKey(key)
    this.#recount()
    this.#wake()
    this.#tabs.tell({ kind: "added" })
  }

  async #count(): Promise<number> {
    const waiting = await this.#store.count()
    this.#tell({ waiting })
    return waiting
  }

  #recount(): void {
    // A broken store is noticed by the sender.
    this.#count().catch(() => {})
  }

  #wake(): void {
    this.#hasNews = true
    this.#idle.end()
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        this.#hasNews = false
        const request = await this.#outbox.next()
        if (request !== undefined) await this.#attempt(request)
        else if (!this.#hasNews) await this.#idle.wait(GREATEST_PAUSE_MS)
      } catch (error) {
        // The store is broken, or the token's provider; both may recover.
        await this.#later(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  async #attempt(request: OutboxRequest): Promise<void> {
    const token = await this.#options.token?.(this.#refusedToken)
    // A provider may have no other one; then the edge is asked less and less often.
    const isSameToken = token !== undefined && token === this.#refusedToken
    const outcome = await this.#send(request, token)
    this.#refusedToken = outcome.kind === "unauthorised" ? token : undefined
    switch (outcome.kind) {
      case "stored":
        await this.#outbox.finish(request)
        this.#backoff.reset()
        await this.#settleAll(request, (key, i) => ({ kind: "stored", key, seq: outcome.seqs[i] ?? 0 }))
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
        if (this.#options.token === undefined || token === undefined || isSameToken) await this.#later(outcome.problem)
        break
      case "later":
        await this.#later(outcome.problem)
        break
    }
  }

  /** Sends a request. Resolves with a `later` also if there was no answer. */
  async #send({ producer, epoch, seq, events }: OutboxRequest, token: string | undefined): Promise<Outcome> {
    const { edgeUrl, shopId } = this.#options
    const ending = new AbortController()
    const end = (): void => ending.abort()
    const timer = setTimeout(end, ANSWER_MS)
    this.#stopping.signal.addEventListener("abort", end)
    try {
      const response = await fetch(`${edgeUrl}/publish/${shopId}`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "Producer-Id": producer,
          "Producer-Epoch": String(epoch),
          "Producer-Seq": String(seq),
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        },
        body: `[${events.map(({ json }) => json).join(",")}]`,
        // A redirect is a hotel's network, or a wrong address: it must not get the events.
        redirect: "error",
        signal: ending.signal,
      })
      return await outcomeOf(response, events.length)
    } catch (error) {
      return { kind: "later", problem: new ProblemError(0, { detail: `There was no answer: ${String(error)}` }) }
    } finally {
      clearTimeout(timer)
      this.#stopping.signal.removeEventListener("abort", end)
    }
  }

  async #refuse(request: OutboxRequest, problem: ProblemError): Promise<void> {
    await this.#outbox.drop(request)
    const { status, message: detail, code, errors, requestId: request_id } = problem
    await this.#settleAll(request, (key) => ({
      kind: "refused",
      key,
      status,
      problem: { detail, code, errors, request_id },
    }))
    for (const { json } of request.events) this.#options.onRefused?.(JSON.parse(json), problem)
  }

  async #later(problem: Error): Promise<void> {
    this.#tell({ problem })
    if (this.#stopping.signal.aborted) return
    const asked = problem instanceof ProblemError ? problem.retryAfterMs : undefined
    const own = this.#backoff.next()
    this.#mustWait = asked !== undefined
    await this.#pause.wait(Math.max(own, (asked ?? 0) * (1 + SPREAD * Math.random())))
    this.#mustWait = false
  }

  async #settleAll(request: OutboxRequest, messageOf: (key: number, i: number) => TabMessage): Promise<void> {
    for (const [i, { key }] of request.events.entries()) {
      const message = messageOf(key, i)
      this.#settle(message)
      this.#tabs.tell(message)
    }
    this.#tell({ problem: undefined })
    await this.#count()
  }

  /** A message of the page that sends. */
  #onMessage(message: TabMessage): void {
    if (message.kind === "added") this.#wake()
    else this.#settle(message)
    this.#recount()
  }

  #settle(message: TabMessage): void {
    if (message.kind === "added") return
    const waiter = this.#waiters.get(message.key)
    this.#waiters.delete(message.key)
    if (message.kind === "stored") waiter?.resolve(message.seq)
    else waiter?.reject(new ProblemError(message.status, message.problem))
  }

  #tell(change: Partial<PublisherState>): void {
    const before = this.state.get()
    const next = { ...before, ...change }
    if (next.waiting !== before.waiting || next.problem !== before.problem) this.state.set(next)
  }
}

function stopped(): Error {
  return new Error("the publisher was stopped")
}
