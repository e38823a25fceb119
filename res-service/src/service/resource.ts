import type { AnyContract, Kind } from "../contract/contract.ts"
import { type Parts, Pattern } from "../pattern.ts"
import type { Output, StandardSchema } from "../standard-schema.ts"
import type { Value } from "../values.ts"
import type { CollectionChanges, CollectionEvents, ModelChanges, ModelEvents, QueryEvent } from "./events.ts"
import type { Mode } from "./queue.ts"
import type { AccessRequest, AuthRequest, CallRequest, GetRequest } from "./request.ts"

/**
 * What a client may do: read the resource (`get`), and call the listed methods, or all with `"*"`. What is left out is denied.
 */
export interface Access {
  readonly get?: boolean
  readonly call?: readonly string[] | "*"
}

/** Grants reading and every method. */
export const accessGranted: Access = { get: true, call: "*" }

/** Grants nothing: clients get `system.accessDenied`. */
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

/** A call or auth method, made by `method` or `authMethod`. Without `params`, the params are not validated. */
export interface Method<R> {
  readonly params?: StandardSchema
  /** Default `serial`. */
  readonly mode?: Mode
  // Declared as a method, so that a method for one pattern can be used where one for any pattern is expected.
  handle(req: R, params: unknown): unknown
}

/** A method that clients call, if their access allows it. */
export type CallMethod<P extends string, K extends Kind, T, Q = unknown> = Method<CallRequest<P, EventsOf<K, T, Q>>>

/** A method with which clients get their token. It needs no access. */
export type AuthMethod<P extends string, K extends Kind, T, Q = unknown> = Method<AuthRequest<P, EventsOf<K, T, Q>>>

/**
 * Methods by name, or a function that makes them. The function gets a `method` whose events are typed by what `get` and `query`
 * return, which TypeScript cannot infer otherwise.
 *
 * @example call: (method) => ({ lend: method(z.string(), (req, to) => req.events.change({ lentTo: to })) })
 */
export type CallMethods<P extends string, K extends Kind, T, Q = unknown> = Methods<
  CallMethod<P, K, T, Q>,
  MakeMethod<CallRequest<P, EventsOf<K, T, Q>>>
>

/** Like `CallMethods`, for auth methods. */
export type AuthMethods<P extends string, K extends Kind, T, Q = unknown> = Methods<
  AuthMethod<P, K, T, Q>,
  MakeMethod<AuthRequest<P, EventsOf<K, T, Q>>>
>

type Methods<M, Make> = ByName<M> | ((method: Make) => ByName<M>)

type ByName<M> = { readonly [method: string]: M }

/** Like `method` and `authMethod`. */
export type MakeMethod<R> = <S extends StandardSchema>(
  params: S,
  handle: (req: R, params: Output<S>) => unknown,
  options?: { readonly mode?: Mode },
) => Method<R>

/**
 * How a service handles the resources of one pattern. Handlers may be async. The answer is what they return; a `ResError` that
 * they throw is sent as it is, any other error as `system.internalError`.
 *
 * If `access` is left out, another service must answer access requests.
 */
export interface Handlers<P extends string, K extends Kind, T, Q = unknown> {
  /** False for a name that does not belong to the service: requests for it are answered with `system.notFound`. */
  owns?(parts: Parts<P>): boolean
  /**
   * The name of the queue for the resource's requests and events. Default: the resource name, so that each resource has its own
   * queue.
   */
  group?(parts: Parts<P>): string
  /**
   * How long the answer to a request may take, in ms, including the time in the queue. After one second the requester is told to
   * wait for that long, so that it does not give up after its usual 3 s. When the time is over, the answer is `system.timeout`,
   * and the queue goes on. If a method ends after that, the resource is reset, as its events may be out of order. Default: no
   * limit. Then requesters are not told to wait, and a handler that never ends blocks its resource.
   */
  readonly timeoutMs?: number
  /**
   * With `ServiceOptions.routing`: what any process answers, so that the owner of the resource need not do it: `"access"`, `"get"`, or
   * the names of methods. Default: nothing.
   */
  readonly anywhere?: readonly string[]
  /** The modes in which `access` and `get` requests are handled. Default `serial` for both. */
  readonly mode?: { readonly access?: Mode; readonly get?: Mode }
  access?(req: AccessRequest<P>): Awaitable<Access>
  /**
   * Whether the `access` handler is also asked before each call, with the call's own token. A call that it does not grant is
   * answered with `system.accessDenied`, before its params are validated. Gateways send access requests but cache the answers,
   * and programs on NATS send none. Default false.
   */
  readonly checkCalls?: boolean
  /** The content; undefined is answered with `system.notFound`. */
  get?(req: GetRequest<P>): Awaitable<T | undefined>
  /** Makes the resource a query resource. Without it, queries are ignored. */
  readonly query?: QueryHandler<P, T, Q>
  readonly call?: CallMethods<P, K, NoInfer<T>, NoInfer<Q>>
  readonly auth?: AuthMethods<P, K, NoInfer<T>, NoInfer<Q>>
  /**
   * Called when the service starts, to send events for changes from elsewhere: a database, a clock. The function that it returns
   * is called when the service stops.
   */
  onStart?(send: Send<P, K, T, Q>): (() => void) | undefined
}

/** How a query resource validates and answers its queries. Made by `query`. */
export interface QueryHandler<P extends string, T, Q = unknown> {
  readonly params: StandardSchema
  get(req: GetRequest<P>, params: Q): Awaitable<T | undefined>
}

/** Declared resources: a pattern of names, and their handlers. */
export interface Resource<P extends string = string, K extends Kind = Kind, T = unknown, Q = unknown> {
  readonly kind: K
  readonly pattern: Pattern<P>
  readonly handlers: Handlers<P, K, T, Q>
  /** The contract that the handlers implement, if there is one. */
  readonly contract?: AnyContract
}

/** Resources of any pattern, kind and content. */
// biome-ignore lint/suspicious/noExplicitAny: a resource's types matter only between its own handlers
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

/** Declares collections: like `model`, but `get` returns an array of values. */
export function collection<const P extends string, V extends Value, Q = unknown>(
  pattern: P,
  handlers: Handlers<P, "collection", readonly V[], Q>,
): Resource<P, "collection", readonly V[], Q> {
  return { kind: "collection", pattern: new Pattern(pattern), handlers: withMethods(handlers) }
}

// Not copied if possible: they may be an instance of a class.
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
 * A call method whose params are validated first. Invalid params are answered with `system.invalidParams` and `data: { errors: [{
 * path, message }] }`, at most 100 of them, and the handler does not run. The handler may return a `ResourceResponse`.
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

/** Like `method`, for auth methods: their requests also contain headers and address, and can set the connection's token. */
export function authMethod<P extends string, K extends Kind, T, Q, S extends StandardSchema>(
  params: S,
  handle: (req: AuthRequest<P, EventsOf<K, T, Q>>, params: Output<S>) => unknown,
  options: { readonly mode?: Mode } = {},
): AuthMethod<P, K, T, Q> {
  return makeMethod(params, handle, options)
}

/**
 * Handles the queries of a resource. A query is parsed like that of a URL, into an object of strings, and validated by the
 * schema. Its normalised form is the schema's output, with the keys in their order and without undefined ones.
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
