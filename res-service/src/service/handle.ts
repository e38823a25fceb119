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

/** What a contract's query is to its handler. */
type QueryIn<C extends AnyContract> =
  DefinitionOf<C> extends { readonly query: infer S extends StandardSchema } ? Output<S> : unknown

/** The events that may be sent for a contract's resources: those of RES, typed by its value, and its own. */
export type ContractEvents<C extends AnyContract> = Omit<EventsOf<C["kind"], ContentOf<C>, QueryIn<C>>, "event"> & {
  /** Sends an event of the contract's own. It changes nothing. */
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

/** Handles a method: a function; or with a mode of its own, or with params that it takes more strictly than the contract says. */
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

/** What is required of a service whose contract has it, and not there otherwise. */
type Declared<D, Key extends keyof Definition<string>, Handler> = D extends { readonly [K in Key]: object }
  ? Handler
  : { readonly [K in keyof Handler]?: never }

/**
 * What a service does for the resources of a contract: as `Handlers`, with one handler for each method, and for the query, that
 * the contract declares. Which names are the service's, the contract's parts say.
 */
export type ContractHandlers<C extends AnyContract> = Pick<
  Handlers<PatternOf<C>, C["kind"], ContentOf<C>, QueryIn<C>>,
  "access" | "checkCalls" | "get" | "group" | "mode" | "timeoutMs"
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

/** A resource of a contract and what is done for it: what `Service.handle` adds. Throws a `TypeError` for a method not handled. */
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
      if (given === undefined) throw new TypeError(`the method "${name}" of "${pattern.source}" is not handled`)
      const method = typeof given === "function" ? { handle: given } : given
      return [name, params === undefined ? method : { params, ...method }]
    }),
  )
}
