import type { Conn, Msg, Subscription } from "../conn.ts"
import { ResError } from "../errors.ts"
import { type Logger, silentLogger } from "../logger.ts"
import { type Parts, Pattern } from "../pattern.ts"
import { EventSender } from "./events.ts"
import { type Incoming, parseRequest, REQUEST_TYPES } from "./incoming.ts"
import { KeyedQueue } from "./queue.ts"
import type { AnyResource, EventsOf, Kind, Resource } from "./resource.ts"
import { respond } from "./respond.ts"

export interface ServiceOptions {
  /** Default: silent. */
  readonly logger?: Logger
  /** The NATS queue group that requests are taken from, shared by equal services. Default `res-service`. */
  readonly queueGroup?: string
}

/** A requester that has waited this long is told how long it may take; well below the usual limit of 3 s. */
const SLOW_AFTER_MS = 1000

/**
 * Answers the requests for declared resources and sends their events.
 *
 * @example
 * const service = new Service(conn)
 * service.add(model("library.book.$id", { get: (req) => books.get(req.parts.id) }))
 * await service.start()
 */
export class Service {
  readonly #conn: Conn
  readonly #logger: Logger
  readonly #queueGroup: string
  readonly #resources: AnyResource[] = []
  readonly #queue = new KeyedQueue()
  readonly #running = new Set<Promise<void>>()
  #subscriptions: Subscription[] = []
  #stopStatus: (() => void) | undefined

  constructor(conn: Conn, options: ServiceOptions = {}) {
    this.#conn = conn
    this.#logger = options.logger ?? silentLogger
    this.#queueGroup = options.queueGroup ?? "res-service"
  }

  /**
   * Declares resources; allowed before `start`. Where two patterns match a name, the more specific one answers.
   *
   * @throws {TypeError} for a pattern that is there already, or that does not start with a literal part
   */
  add(...resources: AnyResource[]): this {
    if (this.#subscriptions.length > 0) throw new Error("resources are added before the service starts")
    for (const resource of resources) {
      if (
        this.#resources.some(
          ({ pattern }) =>
            Pattern.compare(pattern, resource.pattern) === 0 && pattern.subject === resource.pattern.subject,
        )
      ) {
        throw new TypeError(`the pattern "${resource.pattern.source}" is declared twice`)
      }
      if (rootOf(resource.pattern) === undefined)
        throw new TypeError(`the pattern "${resource.pattern.source}" starts with a wildcard`)
      this.#resources.push(resource)
    }
    this.#resources.sort((a, b) => Pattern.compare(a.pattern, b.pattern))
    return this
  }

  /** Listens for requests, then makes gateways forget what they have, now and after every reconnect. */
  async start(): Promise<void> {
    const receive = (msg: Msg): void => this.#receive(msg)
    for (const root of this.#roots()) {
      for (const type of REQUEST_TYPES) {
        if (type === "access" && !this.#decidesAccess()) continue
        // A call's subject ends with its method, so there is none for the root alone.
        const subjects =
          type === "access" || type === "get" ? [`${type}.${root}`, `${type}.${root}.>`] : [`${type}.${root}.>`]
        for (const subject of subjects)
          this.#subscriptions.push(this.#conn.subscribe(subject, receive, this.#queueGroup))
      }
    }
    this.#stopStatus = this.#conn.onStatus((status) => {
      if (status === "connected") void this.#announce()
    })
    await this.#announce()
  }

  /** Takes no more requests, and resolves when all that were taken are answered. */
  async stop(): Promise<void> {
    this.#stopStatus?.()
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
    this.#subscriptions = []
    await Promise.all(this.#running)
    if (this.#conn.connected) await this.#conn.flush()
  }

  /**
   * Runs `task` in the queue of one resource, alone, to send events outside a request: what it sends stands in one line with
   * the resource's answers.
   *
   * @example await service.with(book, { id: "42" }, (events) => events.change({ title: "New title" }))
   */
  with<P extends string, K extends Kind, T, R>(
    resource: Resource<P, K, T>,
    parts: Parts<P>,
    task: (events: EventsOf<K, T>) => R | Promise<R>,
  ): Promise<R> {
    const name = resource.pattern.name(parts)
    const group = resource.handlers.group?.(parts) ?? name
    return this.#queue.run(group, "serial", () => task(new EventSender(this.#conn, name) as unknown as EventsOf<K, T>))
  }

  /**
   * Makes gateways fetch resources again, or ask again for access to them.
   *
   * @param patterns resource names, in which `*` stands for any one part and `>` at the end for one or more
   */
  reset(patterns: { readonly resources?: readonly string[]; readonly access?: readonly string[] }): void {
    this.#conn.publish("system.reset", JSON.stringify(patterns))
  }

  /**
   * Makes gateways send an auth request to `subject` for every connection whose token has one of the token IDs.
   *
   * Source: RES-Service protocol 1.2.3, "System token reset event".
   */
  tokenReset(tids: readonly string[], subject: string): void {
    this.#conn.publish("system.tokenReset", JSON.stringify({ tids, subject }))
  }

  #roots(): Set<string> {
    return new Set(this.#resources.map(({ pattern }) => rootOf(pattern) ?? ""))
  }

  #decidesAccess(): boolean {
    return this.#resources.some(({ handlers }) => handlers.access !== undefined)
  }

  // Requests first, reset second: a gateway that fetches because of the reset must find us listening.
  async #announce(): Promise<void> {
    try {
      await this.#conn.flush()
      const owned = [...this.#roots()].flatMap((root) => [root, `${root}.>`])
      this.reset({ resources: owned, ...(this.#decidesAccess() ? { access: owned } : {}) })
      this.#logger.info({ resources: owned }, "listening, and reset sent")
    } catch (error) {
      this.#logger.warn({ err: error }, "no reset sent: the connection was lost again")
    }
  }

  #receive(msg: Msg): void {
    const request = parseRequest(this.#conn, this.#logger, msg)
    if (request === undefined) return
    const running = this.#handle(request).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #handle(request: Incoming): Promise<void> {
    for (const resource of this.#resources) {
      const parts = resource.pattern.match(request.name)
      if (parts === undefined) continue
      if (resource.handlers.owns?.(parts) === false) break
      const answer = respond(this.#conn, this.#logger, resource, request, parts)
      if (answer === undefined) return
      const stopTimer = announceSlowness(request, resource.handlers.timeoutMs)
      await this.#queue.run(resource.handlers.group?.(parts) ?? request.name, answer.mode, answer.run)
      return stopTimer()
    }
    request.answer({ error: new ResError("system.notFound") })
  }
}

// Not at once: most answers are quick, and a plain NATS request would take the pre-response for the answer.
function announceSlowness(request: Incoming, timeoutMs: number | undefined): () => void {
  if (timeoutMs === undefined) return () => {}
  const timer = setTimeout(() => request.extendTimeout(timeoutMs), SLOW_AFTER_MS)
  return () => clearTimeout(timer)
}

function rootOf(pattern: Pattern): string | undefined {
  const [root] = pattern.source.split(".")
  return root === undefined || root.startsWith("$") || root === ">" ? undefined : root
}
