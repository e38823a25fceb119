import { type Conn, endSubscription, type Msg, type Subscription } from "../conn.ts"
import { type AnyContract, Contract, type Kind, type PartsOf } from "../contract/contract.ts"
import { ResError } from "../errors.ts"
import { EventNumbers } from "../event-number.ts"
import { isLevelEnabled, type Logger, silentLogger, withoutPayloads } from "../logger.ts"
import { type Parts, Pattern } from "../pattern.ts"
import { isValidName } from "../rid.ts"
import { EventSender } from "./events.ts"
import { type ContractEvents, type ContractHandlers, handle } from "./handle.ts"
import { type Payload, parsePayload, parseSubject, printable, REQUEST_TYPES, type Target } from "./incoming.ts"
import { natsHeader, observedRequest, type ServiceObserver } from "./observer.ts"
import { checkOwned, type Owned, overlap, requestSubject } from "./owned.ts"
import { type NamedResource, QueryEvents } from "./query-events.ts"
import { KeyedQueue } from "./queue.ts"
import { Reply } from "./reply.ts"
import { isNotReserved } from "./reply-to.ts"
import type { Admission } from "./request.ts"
import { RequestOrder } from "./request-order.ts"
import type { AnyResource, EventsOf, Resource } from "./resource.ts"
import { type RespondContext, respond } from "./respond.ts"
import type { Routing } from "./routing.ts"
import { RunningWork } from "./running-work.ts"
import { publishToken, type ServedContext, ServedRequest } from "./served-request.ts"
import { TimeLimits } from "./time-limit.ts"

const DEFAULT_QUERY_EVENT_MS = 3000

/** Options of a service. All are optional. */
export interface ServiceOptions {
  /** Default: silent. */
  readonly logger?: Logger
  /** False: `logger.trace` gets only the subjects of messages, not their payloads. Default true. */
  readonly tracePayloads?: boolean
  /** The NATS queue group in which the service takes requests. Instances of the same service share one. Default `res-service`. */
  readonly queueGroup?: string
  /** The names that the service answers for, if another service answers for the rest. Default: see `Owned`. */
  readonly owned?: Owned
  /**
   * Which reply subjects are allowed. The requester chooses the reply subject, and the answer is published there with the
   * service's own permissions: it must not pass for an event, or be stored. Default: all that do not begin with `$` or with a
   * word that RES uses.
   */
  readonly replyTo?: (subject: string) => boolean
  /** How long query requests are answered after a query event, in ms. Default 3000. */
  readonly queryEventMs?: number
  /**
   * Called with each access, call and auth request as it arrives, before it waits in a queue and before its params are validated.
   * An error that it throws is the answer. Use it to limit callers that send too much. Get requests do not say who asks. Default:
   * all requests are admitted.
   */
  readonly admit?: (request: Admission) => void
  /**
   * For a service whose resources are shared by several processes: see `res-service/sharding`. Then the start
   * sends no reset, because it changes nothing yet. Default: this process answers every request that it gets.
   */
  readonly routing?: Routing
  /** Is told of each request that this process answers, for metrics, access logs and traces. Default: nobody is told. */
  readonly observer?: ServiceObserver | undefined
}

/** How busy a service is. All numbers are 0 when it is idle. */
export interface ServiceLoad {
  /** Requests without an answer yet. */
  readonly requests: number
  /** Queues of resources or groups in which something runs or waits. */
  readonly queues: number
  /** Query events whose requests are still answered. */
  readonly queryEvents: number
}

/**
 * Answers requests for the declared resources, and sends their events.
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
  readonly #owned: Owned
  readonly #replyTo: (subject: string) => boolean
  readonly #respondContext: RespondContext
  readonly #servedContext: ServedContext
  readonly #resources: AnyResource[] = []
  readonly #byContract = new Map<AnyContract, AnyResource>()
  readonly #queue = new KeyedQueue()
  readonly #limits = new TimeLimits()
  readonly #numbers: EventNumbers
  readonly #queryEvents: QueryEvents
  readonly #routing: Routing | undefined
  readonly #observer: ServiceObserver | undefined
  readonly #running = new RunningWork()
  #subscriptions: Subscription[] = []
  #stops: (() => void)[] = []

  /** @throws {TypeError} for invalid `owned` patterns, and for patterns that match the same names */
  constructor(conn: Conn, options: ServiceOptions = {}) {
    this.#conn = conn
    const { logger = silentLogger, tracePayloads = true } = options
    this.#logger = tracePayloads ? logger : withoutPayloads(logger)
    this.#queueGroup = options.queueGroup ?? "res-service"
    this.#owned = options.owned ?? {}
    this.#replyTo = options.replyTo ?? isNotReserved
    checkOwned(this.#owned.resources ?? [])
    checkOwned(this.#owned.access ?? [])
    this.#routing = options.routing
    this.#observer = options.observer
    this.#numbers = new EventNumbers(this.#routing !== undefined)
    this.#respondContext = { logger: this.#logger, admit: options.admit ?? nothing, numbers: this.#numbers }
    this.#servedContext = { conn: this.#conn, order: new RequestOrder() }
    this.#routing?.onRequest((msg) => this.#receive(msg, true))
    const durationMs = options.queryEventMs ?? DEFAULT_QUERY_EVENT_MS
    this.#queryEvents = new QueryEvents(
      this.#conn,
      this.#logger,
      durationMs,
      (named, task) =>
        void this.#track(this.#shardOf(named), () =>
          this.#queue.run(groupOf(named), named.resource.handlers.mode?.get ?? "serial", task),
        ),
    )
  }

  /** The patterns of all names that the service answers for, as its reset after the start names them. */
  get ownership(): Required<Owned> {
    const roots = new Set(this.#resources.map(({ pattern }) => rootOf(pattern)).filter((root) => root !== undefined))
    const resources = this.#owned.resources ?? [...roots].flatMap((root) => [root, `${root}.>`])
    const decides = this.#resources.some(({ handlers }) => handlers.access !== undefined)
    return { resources, access: this.#owned.access ?? (decides ? resources : []) }
  }

  get load(): ServiceLoad {
    return { requests: this.#running.size, queues: this.#queue.size, queryEvents: this.#queryEvents.size }
  }

  /**
   * Adds resources. Only allowed before `start`. If two patterns match a name, the more specific one answers.
   *
   * @throws {TypeError} for a pattern that was added before. Also for one that does not start with a literal part, unless
   * `ServiceOptions.owned` says what the service answers for
   */
  add(...resources: AnyResource[]): this {
    if (this.#subscriptions.length > 0) throw new Error("resources must be added before the service starts")
    for (const resource of resources) {
      if (
        this.#resources.some(
          ({ pattern }) =>
            Pattern.compare(pattern, resource.pattern) === 0 && pattern.subject === resource.pattern.subject,
        )
      ) {
        throw new TypeError(`the pattern "${resource.pattern.source}" is declared twice`)
      }
      if (rootOf(resource.pattern) === undefined && this.#owned.resources === undefined)
        throw new TypeError(`the pattern "${resource.pattern.source}" starts with a wildcard`)
      this.#resources.push(resource)
      if (resource.contract !== undefined) this.#byContract.set(resource.contract, resource)
    }
    this.#resources.sort((a, b) => Pattern.compare(a.pattern, b.pattern))
    return this
  }

  /**
   * Adds the resources of a contract with their handlers, which the contract types. Only allowed before `start`.
   *
   * @throws {TypeError} like `add`, and for a method of the contract without a handler
   *
   * @example service.handle(book, { get: (req) => books.get(req.parts.id), call: { lend: (req, { to }) => lend(to) } })
   */
  handle<C extends AnyContract>(contract: C, handlers: ContractHandlers<C>): this {
    return this.add(handle(contract, handlers))
  }

  /**
   * Listens for requests, then sends a reset, so that gateways fetch the service's resources again; after every reconnect too.
   *
   * @throws {TypeError} for a resource that `ServiceOptions.owned` leaves out: its requests would never arrive
   */
  async start(): Promise<void> {
    if (this.#subscriptions.length > 0) throw new Error("the service has already started")
    const { resources, access } = this.ownership
    this.#checkOwned([...resources, ...access])
    for (const resource of this.#resources) {
      const stop = resource.handlers.onStart?.((parts, task) => {
        const sent = this.with(resource, parts, task)
        sent.catch((error: unknown) => this.#logger.error({ err: error }, "events could not be sent"))
        return sent
      })
      if (stop !== undefined) this.#stops.push(stop)
    }
    const receive = (msg: Msg): void => this.#receive(msg)
    for (const type of REQUEST_TYPES) {
      for (const pattern of type === "access" ? access : resources)
        this.#subscriptions.push(this.#conn.subscribe(requestSubject(type, pattern), receive, this.#queueGroup))
    }
    this.#stops.push(
      this.#conn.onStatus((status) => {
        if (status === "connected" && this.#routing === undefined) void this.#announce()
      }),
    )
    if (this.#routing === undefined) await this.#announce()
    else await this.#conn.flush()
  }

  /**
   * Takes no more requests, and resolves when all that were taken are answered. It waits forever for a handler that never ends,
   * unless its resource has a `timeoutMs`. The connection stays open, and the service can be started again.
   */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop()
    await Promise.all(this.#subscriptions.splice(0).map(endSubscription))
    this.#queryEvents.close()
    await this.#running.ended()
    if (this.#conn.connected) await this.#conn.flush()
  }

  /** Resolves when everything that is being done for these shards of `ServiceOptions.routing` is done: requests, and tasks of `with`. */
  async idle(shards: readonly number[]): Promise<void> {
    await this.#running.ended(shards)
  }

  /**
   * Runs `task` alone in the queue of one resource, to send events outside a request, in order with the resource's answers. Given
   * a contract, it takes the resource that handles it; throws a `TypeError` if there is none.
   *
   * @example await service.with(book, { id: "42" }, (events) => events.change({ title: "New title" }))
   */
  with<C extends AnyContract, R>(
    contract: C,
    parts: PartsOf<C>,
    task: (events: ContractEvents<C>) => R | Promise<R>,
  ): Promise<R>
  with<P extends string, K extends Kind, T, Q, R>(
    resource: Resource<P, K, T, Q>,
    parts: Parts<P>,
    task: (events: EventsOf<K, T, Q>) => R | Promise<R>,
  ): Promise<R>
  with<R>(
    of: AnyContract | AnyResource,
    parts: Parts<string>,
    task: (events: EventsOf<Kind, unknown>) => R | Promise<R>,
  ): Promise<R> {
    const named = this.#named(of, parts)
    const events = this.#events(named) as EventsOf<Kind, unknown>
    const running = this.#queue.run(groupOf(named), "serial", () => task(events))
    if (this.#routing !== undefined) void this.#track(this.#shardOf(named), () => running.then(nothing, nothing))
    return running
  }

  /**
   * Events of another resource of the same group, for a task or method that runs in the queue that they share. Anywhere else use
   * `with`: events could overtake an answer.
   */
  events<C extends AnyContract>(contract: C, parts: PartsOf<C>): ContractEvents<C>
  events<P extends string, K extends Kind, T, Q>(resource: Resource<P, K, T, Q>, parts: Parts<P>): EventsOf<K, T, Q>
  events(of: AnyContract | AnyResource, parts: Parts<string>): unknown {
    return this.#events(this.#named(of, parts))
  }

  /**
   * Makes gateways fetch resources again, or ask for access to them again.
   *
   * @param patterns resource names, in which `*` stands for any one part and `>` at the end for one or more
   *
   * @example service.reset({ resources: [book.pattern.names({})] })
   */
  reset(patterns: { readonly resources?: readonly string[]; readonly access?: readonly string[] }): void
  /**
   * Makes gateways fetch again all resources of a contract that have these parts.
   *
   * @example service.reset(book, { id: "42" })
   */
  reset<C extends AnyContract>(contract: C, parts: Partial<PartsOf<C>>): void
  reset(of: AnyContract | { readonly resources?: readonly string[] }, parts: Partial<Parts<string>> = {}): void {
    const patterns = of instanceof Contract ? { resources: [of.pattern.names(parts)] } : of
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

  /**
   * Gives a connection an access token outside a request, or takes it away with null. `tid` identifies the token for
   * `tokenReset`. Throws a `ResError` (`system.invalidRequest`) for an invalid connection ID.
   *
   * Source: RES-Service protocol 1.2.3, "Connection token event".
   */
  setToken(cid: string, token: unknown, tid?: string): void {
    publishToken(this.#conn, cid, token, tid)
  }

  #checkOwned(owned: readonly string[]): void {
    for (const { pattern } of this.#resources) {
      if (!owned.some((each) => overlap(each, pattern.subject)))
        throw new TypeError(`the pattern "${pattern.source}" matches none of the names in ServiceOptions.owned`)
    }
  }

  // Subscribe first, then reset: a gateway that fetches because of the reset must find the service listening.
  async #announce(): Promise<void> {
    try {
      await this.#conn.flush()
      const { resources, access } = this.ownership
      this.reset({
        ...(resources.length > 0 ? { resources } : {}),
        ...(access.length > 0 ? { access } : {}),
      })
      this.#logger.info({ resources, access }, "listening, and reset sent")
    } catch (error) {
      this.#logger.warn({ err: error }, "sent no reset: the connection was lost again")
    }
  }

  /** @param isRouted this process is the one that has to answer */
  #receive(msg: Msg, isRouted = false): void {
    const target = parseSubject(msg.subject)
    if (target === undefined || msg.reply === undefined || msg.reply === "") {
      this.#logger.debug({ subject: msg.subject }, "dropped a message that is not a request")
      return
    }
    if (!this.#replyTo(msg.reply)) {
      this.#logger.warn({ subject: msg.subject }, "dropped a request with a forbidden reply subject")
      return
    }
    const named = this.#match(target.name)
    const shard = this.#routing?.shardOf(target.name)
    if (!isRouted && shard !== undefined && named !== undefined && !answersAnywhere(named.resource, target)) {
      this.#routing?.route(msg, shard)
      return
    }
    const observation = this.#observer?.onRequest?.(observedRequest(msg, target, named))
    const reply = new Reply(this.#conn, this.#logger, msg.subject, msg.reply, observation)
    const header = (name: string): string | undefined => natsHeader(msg, observation, name)
    const payload = parsePayload(reply, msg.data)
    if (isLevelEnabled(this.#logger, "trace")) {
      this.#logger.trace({ subject: msg.subject, payload: payload && printable(target.type, payload) }, "==>")
    }
    if (payload !== undefined) void this.#track(shard, () => this.#handle({ target, payload, reply, header }, named))
  }

  async #track(shard: number | undefined, run: () => Promise<void>): Promise<void> {
    const work = this.#running.begin(shard)
    try {
      await run()
    } catch (error) {
      this.#logger.error({ err: error }, "an answer could not be sent")
    } finally {
      work.end()
    }
  }

  async #handle(arrived: Arrived, named: NamedResource | undefined): Promise<void> {
    const { target, reply } = arrived
    try {
      if (named === undefined || named.resource.handlers.owns?.(named.parts) === false) {
        reply.answer({ error: new ResError("system.notFound") })
      } else await this.#respond(arrived, named)
    } catch (error) {
      this.#logger.error({ name: target.name, err: error }, "a request could not be handled")
      if (!reply.answered) reply.answer({ error: new ResError("system.internalError") })
    }
  }

  async #respond({ target, payload, reply, header }: Arrived, named: NamedResource): Promise<void> {
    const { resource, name } = named
    if (target.type === "access" && resource.handlers.access === undefined) return
    if (target.type === "get" && payload.query !== "") this.#queryEvents.got(name)
    const group = groupOf(named)
    const limit = this.#limits.open(group, reply, resource.handlers.timeoutMs)
    const got = target.type === "get" ? this.#routing?.got(name) : undefined
    // Awaited after the content.
    got?.catch(nothing)
    const events = (): EventSender => this.#events(named)
    const req = new ServedRequest(this.#servedContext, reply, target, named, payload, limit, header, events)
    const { mode, run } = respond(this.#respondContext, resource, req, reply, got)
    try {
      await this.#queue.run(group, mode, () => limit.run(run))
    } finally {
      limit.end()
    }
  }

  /** The declaration for a name, by patterns alone: `owns` may still say that the name does not exist. */
  #match(name: string): NamedResource | undefined {
    if (!isValidName(name)) return undefined
    const nameParts = name.split(".")
    for (const resource of this.#resources) {
      const parts = resource.pattern.matchParts(nameParts)
      if (parts !== undefined) return { resource, parts, name }
    }
    return undefined
  }

  #shardOf({ name }: NamedResource): number | undefined {
    return this.#routing?.shardOf(name)
  }

  #named(of: AnyContract | AnyResource, parts: Parts<string>): NamedResource {
    const resource = of instanceof Contract ? this.#byContract.get(of) : of
    if (resource === undefined) throw new TypeError(`no resource handles the contract "${of.pattern.source}"`)
    return { resource, parts, name: resource.pattern.name(parts) }
  }

  #events(named: NamedResource): EventSender {
    return new EventSender(this.#conn, named.name, this.#numbers, (answer) => this.#queryEvents.send(named, answer))
  }
}

/** A request that has arrived, with what its answer needs. */
interface Arrived {
  readonly target: Target
  readonly payload: Payload
  readonly reply: Reply
  /** A NATS header, as the handler sees it. */
  readonly header: (name: string) => string | undefined
}

function nothing(): void {}

function answersAnywhere({ handlers }: AnyResource, { type, method }: Target): boolean {
  const { anywhere = [] } = handlers
  return anywhere.includes(type === "call" || type === "auth" ? method : type)
}

function groupOf({ resource, parts, name }: NamedResource): string {
  return resource.handlers.group?.(parts) ?? name
}

function rootOf(pattern: Pattern): string | undefined {
  const [root] = pattern.source.split(".")
  return root === undefined || root.startsWith("$") || root === ">" ? undefined : root
}
