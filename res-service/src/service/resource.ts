import type { AnyContract, Kind } from "../contract/contract.ts"
import { type Parts, Pattern } from "../pattern.ts"
import type { Output, StandardSchema } from "../standard-schema.ts"
import type { Value } from "../values.ts"
import type { CollectionChanges, CollectionEvents, ModelChanges, ModelEvents, QueryEvent } from "./events.ts"
import type { Mode } from "./queue.ts"
import type { AccessRequest, AuthRequest, CallRequest, GetRequest } from "./request.ts"

/** What a client may do: read (`get`), and call the methods named, all of them with `"*"`. Left out: it may not. */
export interface Access {
  readonly get?: boolean
  readonly call?: readonly string[] | "*"
}

/** To read and to call every method. */
export const accessGranted: Access = { get: true, call: "*" }

/** Nothing: clients are told `system.accessDenied`. */
export const accessDenied: Access = {}

export type Awaitable<T> = T | Promise<T>

/** The events that may be sent for a resource of kind `K` with the content `T` and queries with the params `Q`. */
export type EventsOf<K extends Kind, T, Q = unknown> = K extends "model"
  ? ModelEvents<T> & (unknown extends Q ? unknown : QueryEvent<Q, ModelChanges<T>, T>)
  : CollectionEvents<ValueOf<T>> & (unknown extends Q ? unknown : QueryEvent<Q, CollectionChanges<ValueOf<T>>, T>)

type ValueOf<T> = T extends readonly (infer V)[] ? V : never

/** Runs a task in the queue of one of a resource's names, as `Service.with` does. */
export type Send<P extends string, K extends Kind, T, Q = unknown> = <R>(
  parts: Parts<P>,
  task: (events: EventsOf<K, T, Q>) => R | Promise<R>,
) => Promise<R>

/** A call or auth method, made by `method` or `authMethod`; without `params` it takes them as they come. */
export interface Method<R> {
  readonly params?: StandardSchema
  /** Default `serial`. */
  readonly mode?: Mode
  // A method signature, so that a method for one pattern fits where any is expected.
  handle(req: R, params: unknown): unknown
}

/** A method that clients call, if their access allows it. */
export type CallMethod<P extends string, K extends Kind, T, Q = unknown> = Method<CallRequest<P, EventsOf<K, T, Q>>>

/** A method by which clients get their token; no access is asked for. */
export type AuthMethod<P extends string, K extends Kind, T, Q = unknown> = Method<AuthRequest<P, EventsOf<K, T, Q>>>

/**
 * Methods by name; or a function that makes them, given a `method` whose requests have events typed by what `get` and `query`
 * return: TypeScript knows that only then.
 *
 * @example call: (method) => ({ lend: method(z.string(), (req, to) => req.events.change({ lentTo: to })) })
 */
export type CallMethods<P extends string, K extends Kind, T, Q = unknown> = Methods<
  CallMethod<P, K, T, Q>,
  MakeMethod<CallRequest<P, EventsOf<K, T, Q>>>
>

/** As `CallMethods`; what is given makes auth methods. */
export type AuthMethods<P extends string, K extends Kind, T, Q = unknown> = Methods<
  AuthMethod<P, K, T, Q>,
  MakeMethod<AuthRequest<P, EventsOf<K, T, Q>>>
>

type Methods<M, Make> = ByName<M> | ((method: Make) => ByName<M>)

type ByName<M> = { readonly [method: string]: M }

/** As `method` and `authMethod`. */
export type MakeMethod<R> = <S extends StandardSchema>(
  params: S,
  handle: (req: R, params: Output<S>) => unknown,
  options?: { readonly mode?: Mode },
) => Method<R>

/**
 * What a service does for the resources of one pattern. Handlers may be async. They answer with what they return or throw:
 * a `ResError` as it is, anything else as `system.internalError`.
 *
 * A service that leaves `access` out leaves the question to another service.
 */
export interface Handlers<P extends string, K extends Kind, T, Q = unknown> {
  /** False for a name that is none of the service's: every request for it is `system.notFound`. */
  owns?(parts: Parts<P>): boolean
  /** The queue that requests and events of a resource go through. Default: its name, so one queue each. */
  group?(parts: Parts<P>): string
  /**
   * How long the answer to a request may take, in ms, waiting in the queue included. A requester that had to wait for a
   * second is told, so that it does not give up after its usual 3. After that time the answer is `system.timeout`, and the
   * queue goes on; if a method ends later nevertheless, the resource is reset, for its events came out of order.
   * Default: the requester is not told, and a handler that never answers holds up its resource.
   */
  readonly timeoutMs?: number
  /** In which mode `access` and `get` requests are handled. Default `serial` for both. */
  readonly mode?: { readonly access?: Mode; readonly get?: Mode }
  access?(req: AccessRequest<P>): Awaitable<Access>
  /**
   * Whether `access` is also asked before each call, with the call's own token; what it does not grant is
   * `system.accessDenied`, before the params are looked at. Gateways ask by themselves but keep what they were granted, and
   * programs on NATS do not ask at all. Default false.
   */
  readonly checkCalls?: boolean
  /** The content; undefined is answered as `system.notFound`. */
  get?(req: GetRequest<P>): Awaitable<T | undefined>
  /** Makes the resource a query resource. Without it a query is ignored. */
  readonly query?: QueryHandler<P, T, Q>
  readonly call?: CallMethods<P, K, NoInfer<T>, NoInfer<Q>>
  readonly auth?: AuthMethods<P, K, NoInfer<T>, NoInfer<Q>>
  /**
   * Called when the service starts, for events that come from elsewhere: a database, a clock. What it returns is called when
   * the service stops.
   */
  onStart?(send: Send<P, K, T, Q>): (() => void) | undefined
}

/** How a query resource reads and answers its queries. Made by `query`. */
export interface QueryHandler<P extends string, T, Q = unknown> {
  readonly params: StandardSchema
  get(req: GetRequest<P>, params: Q): Awaitable<T | undefined>
}

/** Declared resources: a pattern of names and what is done for them. */
export interface Resource<P extends string = string, K extends Kind = Kind, T = unknown, Q = unknown> {
  readonly kind: K
  readonly pattern: Pattern<P>
  readonly handlers: Handlers<P, K, T, Q>
  /** What it was declared by, if it was apart from its handlers. */
  readonly contract?: AnyContract
}

/** Resources of any pattern, kind and content. */
// biome-ignore lint/suspicious/noExplicitAny: a resource's types hold between its own handlers only
export type AnyResource = Resource<any, any, any, any>

/**
 * Declares models.
 *
 * @example
 * model("library.book.$id", {
 *   access: () => ({ get: true }),
 *   get: (req) => books.find(req.parts.id),
 * })
 */
export function model<const P extends string, T extends { readonly [K in keyof T]: Value }, Q = unknown>(
  pattern: P,
  handlers: Handlers<P, "model", T, Q>,
): Resource<P, "model", T, Q> {
  return { kind: "model", pattern: new Pattern(pattern), handlers: withMethods(handlers) }
}

/** Declares collections: as `model`, but `get` returns an array of values. */
export function collection<const P extends string, V extends Value, Q = unknown>(
  pattern: P,
  handlers: Handlers<P, "collection", readonly V[], Q>,
): Resource<P, "collection", readonly V[], Q> {
  return { kind: "collection", pattern: new Pattern(pattern), handlers: withMethods(handlers) }
}

// As they are where possible: they may be an instance of a class.
function withMethods<P extends string, K extends Kind, T, Q>(handlers: Handlers<P, K, T, Q>): Handlers<P, K, T, Q> {
  const { call, auth } = handlers
  if (typeof call !== "function" && typeof auth !== "function") return handlers
  return {
    ...handlers,
    ...(call === undefined ? {} : { call: typeof call === "function" ? call(makeMethod) : call }),
    ...(auth === undefined ? {} : { auth: typeof auth === "function" ? auth(makeMethod) : auth }),
  }
}

function makeMethod<R, S extends StandardSchema>(
  params: S,
  handle: (req: R, params: Output<S>) => unknown,
  options: { readonly mode?: Mode } = {},
): Method<R> {
  return { params, handle: (req, value) => handle(req, value as Output<S>), ...options }
}

/**
 * A call method whose params are validated first: what the schema refuses is answered as `system.invalidParams` with
 * `data: { errors: [{ path, message }] }`, the first 100 of them, and the handler does not run. It may return a `ResourceResponse`.
 *
 * @example call: { lend: method(z.object({ to: z.string() }), (req, { to }) => lend(req.parts.id, to)) }
 */
export function method<P extends string, K extends Kind, T, Q, S extends StandardSchema>(
  params: S,
  handle: (req: CallRequest<P, EventsOf<K, T, Q>>, params: Output<S>) => unknown,
  options: { readonly mode?: Mode } = {},
): CallMethod<P, K, T, Q> {
  return makeMethod(params, handle, options)
}

/** As `method`, for auth methods: their requests also tell headers and address, and can set the connection's token. */
export function authMethod<P extends string, K extends Kind, T, Q, S extends StandardSchema>(
  params: S,
  handle: (req: AuthRequest<P, EventsOf<K, T, Q>>, params: Output<S>) => unknown,
  options: { readonly mode?: Mode } = {},
): AuthMethod<P, K, T, Q> {
  return makeMethod(params, handle, options)
}

/**
 * Answers for a resource with a query. The query is read like that of a URL into an object of strings, validated by the
 * schema, and normalised: the schema's output, keys in their order, undefined ones left out.
 *
 * @example query: query(z.object({ from: z.coerce.number().default(0) }), (req, { from }) => page(from))
 */
export function query<P extends string, T, S extends StandardSchema>(
  params: S,
  get: (req: GetRequest<P>, params: Output<S>) => Awaitable<T | undefined>,
): QueryHandler<P, T, Output<S>> {
  return { params, get }
}

/** Return it from a call or auth handler to answer with a resource instead of a result. */
export class ResourceResponse {
  readonly rid: string

  constructor(rid: string) {
    this.rid = rid
  }
}
