import type {
  AnyContract,
  ContentOf,
  Contract,
  Definition,
  DefinitionOf,
  EventsIn,
  MethodDefinition,
  PartsOf,
} from "../contract/contract.ts"
import type { Input, Output, StandardSchema } from "../standard-schema.ts"
import type { Mode } from "./queue.ts"
import type { AuthRequest, CallRequest, GetRequest } from "./request.ts"
import type { AnyResource, Awaitable, EventsOf, Handlers, Method, ResourceResponse } from "./resource.ts"

/** The pattern of a contract. */
type PatternOf<C extends AnyContract> = C extends Contract<infer P, infer _K, infer _D> ? P : never

/** A contract's query, as its handler gets it. */
type QueryIn<C extends AnyContract> =
  DefinitionOf<C> extends { readonly query: infer S extends StandardSchema } ? Output<S> : unknown

/** The events of a contract's resources: those of RES, typed by the contract's value, and the contract's own. */
export type ContractEvents<C extends AnyContract> = Omit<EventsOf<C["kind"], ContentOf<C>, QueryIn<C>>, "event"> & {
  /** Sends one of the contract's own events. It does not change the resource. */
  event<N extends keyof EventsIn<C> & string>(name: N, payload: EventsIn<C>[N]): void
}

/** Runs a task in the queue of one of a contract's resources, as `Service.with` does. */
type ContractSend<C extends AnyContract> = <R>(
  parts: PartsOf<C>,
  task: (events: ContractEvents<C>) => R | Promise<R>,
) => Promise<R>

type Handle<Req, M> = (
  req: Req,
  params: M extends { readonly params: infer S extends StandardSchema } ? Output<S> : unknown,
) => M extends { readonly answer: infer S extends StandardSchema }
  ? Awaitable<Input<S> | ResourceResponse>
  : Awaitable<void>

/**
 * Handles a method: a function, or an object that can also set the method's mode, and a schema that is stricter than the
 * contract's.
 */
type MethodHandler<Req, M> =
  | Handle<Req, M>
  | {
      /** Default `serial`. */
      readonly mode?: Mode
      readonly params?: M extends { readonly params: infer S extends StandardSchema }
        ? StandardSchema<unknown, Output<S>>
        : never
      readonly handle: Handle<Req, M>
    }

type MethodHandlers<Req, Ms> = { readonly [M in keyof Ms]: MethodHandler<Req, Ms[M]> }

/** Handlers that are required if the contract declares `Key`, and not allowed otherwise. */
type Declared<D, Key extends keyof Definition<string>, Handler> = D extends { readonly [K in Key]: object }
  ? Handler
  : { readonly [K in keyof Handler]?: never }

/**
 * How a service handles the resources of a contract. Like `Handlers`, with a handler for each method that the contract declares,
 * and for its query. There is no `owns`: the contract's parts say which names are valid.
 */
export type ContractHandlers<C extends AnyContract> = Pick<
  Handlers<PatternOf<C>, C["kind"], ContentOf<C>, QueryIn<C>>,
  "access" | "anywhere" | "checkCalls" | "get" | "group" | "mode" | "timeoutMs"
> & {
  onStart?(send: ContractSend<C>): (() => void) | undefined
} & Declared<
    DefinitionOf<C>,
    "query",
    { query(req: GetRequest<PatternOf<C>>, params: QueryIn<C>): Awaitable<ContentOf<C> | undefined> }
  > &
  Declared<
    DefinitionOf<C>,
    "calls",
    { readonly call: MethodHandlers<CallRequest<PatternOf<C>, ContractEvents<C>>, DefinitionOf<C>["calls"]> }
  > &
  Declared<
    DefinitionOf<C>,
    "auth",
    { readonly auth: MethodHandlers<AuthRequest<PatternOf<C>, ContractEvents<C>>, DefinitionOf<C>["auth"]> }
  >

/**
 * The resource of a contract with its handlers, as `Service.handle` adds it. Throws a `TypeError` for a method without a handler.
 */
export function handle<C extends AnyContract>(contract: C, handlers: ContractHandlers<C>): AnyResource {
  const { query, call, auth, ...rest } = handlers as AnyHandlers
  const { definition, kind, pattern } = contract as AnyContract
  return {
    kind,
    pattern,
    contract,
    handlers: {
      ...rest,
      owns: (parts: PartsOf<C>) => contract.owns(parts),
      ...(query === undefined ? {} : { query: { params: definition.query, get: query } }),
      call: methodsOf(contract, definition.calls, call),
      auth: methodsOf(contract, definition.auth, auth),
    },
  }
}

type AnyHandle = (req: unknown, params: unknown) => unknown

interface AnyHandlers {
  readonly query?: AnyHandle
  readonly call?: AnyMethods
  readonly auth?: AnyMethods
}

type AnyMethods = { readonly [method: string]: AnyHandle | Method<unknown> }

function methodsOf(
  { pattern }: AnyContract,
  declared: { readonly [method: string]: MethodDefinition } = {},
  handled: AnyMethods = {},
): { readonly [method: string]: Method<unknown> } {
  return Object.fromEntries(
    Object.entries(declared).map(([name, { params }]) => {
      const given = handled[name]
      if (given === undefined) throw new TypeError(`the method "${name}" of "${pattern.source}" has no handler`)
      const method = typeof given === "function" ? { handle: given } : given
      return [name, params === undefined ? method : { params, ...method }]
    }),
  )
}
