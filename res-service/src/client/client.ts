import type { Conn, Headers } from "../conn.ts"
import type {
  AnswerOf,
  AnyContract,
  MethodDefinition,
  MethodOf,
  ParamsOf,
  PartsOf,
  QueryOf,
  ValueOf,
} from "../contract/contract.ts"
import { ResError } from "../errors.ts"
import { type Logger, silentLogger } from "../logger.ts"
import type { Parts } from "../pattern.ts"
import { isValidPart, isValidRid, parseRid } from "../rid.ts"
import type { StandardSchema } from "../standard-schema.ts"
import { Cache, type CacheOptions } from "./cache.ts"
import { Fields } from "./decode.ts"
import { validAnswer } from "./invalid-answer.ts"
import { JsonText } from "./json-text.ts"
import type { GrantedAccess, RequestParts } from "./messages.ts"
import { asResError, decodeAccess, decodeCall, encodeGetRequest, encodeRequest } from "./messages.ts"
import { Mirror, type MirrorOf } from "./mirror.ts"
import { Requester } from "./requester.ts"

const DEFAULT_REQUEST_TIMEOUT_MS = 3000

/** Options of a client. All are optional. */
export interface ClientOptions extends CacheOptions {
  /** How long to wait for an answer, unless the service asks for more time; 3000 by default. */
  readonly requestTimeoutMs?: number
  /** Logs invalid events and answers, and answers that do not match their contract. Silent by default. */
  readonly logger?: Logger
}

/** On whose behalf a request is sent, and how long it may take. */
export interface CallOptions {
  /** Access token that the service sees; none by default. */
  readonly token?: unknown
  /** Connection ID that the service sees; none by default. The protocol requires one, but most services do not use it. */
  readonly cid?: string
  /**
   * Address of the client for which the request is sent; none by default. Services that trust this program may apply limits by
   * it.
   */
  readonly remoteAddr?: string
  /** NATS headers of the request; none by default. The service reads them with `req.natsHeader`, for example a trace's `traceparent`. */
  readonly headers?: Headers | undefined
  readonly timeoutMs?: number
}

/** The answer to a call that created or found a resource. */
export interface ResourceResponse {
  readonly rid: string
}

/** The content of a resource, as a get request answers it. */
export type ResourceContent = { readonly model: Record<string, unknown> } | { readonly collection: unknown[] }

/** The content of a contract's resource, as a get request answers it: its values, without the wrapping of data values. */
export type GetAnswerOf<C extends AnyContract> = C["kind"] extends "model" ? ValueOf<C> : readonly ValueOf<C>[]

/**
 * Sends requests to RES services over NATS, as a gateway does, for programs that may talk to services directly.
 *
 * Name a resource by its rid, or by its contract and the parts of its name. With a contract, params and answers are typed, and
 * the contract's schemas validate answers.
 *
 * All methods reject with a `ResError`: the service's own; `system.timeout`; a `NoRespondersError` (`system.notFound`) if no
 * service listens; a `NotSentError` (`system.serviceUnavailable`) at once while `conn` is not connected, as requests are not kept
 * and sent later; `system.internalError` for an invalid answer; an `InvalidAnswerError` for one that does not match its contract.
 *
 * No access request is sent before a call: services that need one must check access themselves.
 *
 * Source: RES-Service protocol 1.2.3, "Requests".
 *
 * @example
 * const client = new Client(natsConn(nc))
 * await client.call("library.book.42", "lend", { to: "Ann" })
 * await client.call(book, { id: "42" }, "lend", { to: "Ann" })
 */
export class Client {
  /** For answers in order with events: a promise always resolves a little late. */
  readonly requester: Requester
  readonly #conn: Conn
  readonly #options: ClientOptions
  readonly #logger: Logger
  #cache: Cache | undefined

  constructor(conn: Conn, options: ClientOptions = {}) {
    this.requester = new Requester(conn, options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS)
    this.#conn = conn
    this.#options = options
    this.#logger = options.logger ?? silentLogger
  }

  /**
   * A live copy of a resource and all that it refers to. Mirrors of one client share resources. Throws `system.invalidRequest`
   * for an invalid rid.
   */
  mirror(rid: string): Mirror
  mirror<C extends AnyContract>(contract: C, parts: PartsOf<C>, query?: QueryOf<C>): MirrorOf<C>
  mirror(of: string | AnyContract, ...given: unknown[]): unknown {
    const { rid, contract } = resourceOf(of, given)
    checked(rid)
    this.#cache ??= new Cache(this.#conn, this.requester, this.#logger, this.#options)
    return new Mirror(this.#cache, rid, contract)
  }

  /** The result, or `{ rid }` if the answer is a resource. `params`: a value, or a `JsonText`, which is sent as it is. */
  call(rid: string, method: string, params?: unknown, options?: CallOptions): Promise<unknown>
  call<C extends AnyContract, M extends MethodOf<C>>(
    contract: C,
    parts: PartsOf<C>,
    method: M,
    params: ParamsOf<C, M> | JsonText,
    options?: CallOptions,
  ): Promise<AnswerOf<C, M>>
  call(of: string | AnyContract, ...given: unknown[]): Promise<unknown> {
    return this.#call("call", of, given)
  }

  auth(rid: string, method: string, params?: unknown, options?: CallOptions): Promise<unknown>
  auth<C extends AnyContract, M extends MethodOf<C, "auth">>(
    contract: C,
    parts: PartsOf<C>,
    method: M,
    params: ParamsOf<C, M, "auth"> | JsonText,
    options?: CallOptions,
  ): Promise<AnswerOf<C, M, "auth">>
  auth(of: string | AnyContract, ...given: unknown[]): Promise<unknown> {
    return this.#call("auth", of, given)
  }

  access(rid: string, options?: CallOptions): Promise<GrantedAccess>
  access<C extends AnyContract>(contract: C, parts: PartsOf<C>, options?: CallOptions): Promise<GrantedAccess>
  async access(of: string | AnyContract, ...given: unknown[]): Promise<GrantedAccess> {
    const { rid, rest } = nameOf(of, given)
    const [options = {}] = rest as [CallOptions?]
    const { name, query } = checked(rid)
    const text = await this.#send(`access.${name}`, encodeRequest({ ...parts(options), query }), options, true)
    const { access, error } = decodeAccess(text)
    if (access === undefined) throw error ?? new ResError("system.internalError")
    return access
  }

  /** The content of the resource now. References are not followed. */
  get(rid: string, options?: Pick<CallOptions, "timeoutMs" | "headers">): Promise<ResourceContent>
  get<C extends AnyContract>(
    contract: C,
    parts: PartsOf<C>,
    query?: QueryOf<C>,
    options?: Pick<CallOptions, "timeoutMs" | "headers">,
  ): Promise<GetAnswerOf<C>>
  async get(of: string | AnyContract, ...given: unknown[]): Promise<unknown> {
    const { rid, contract, rest } = resourceOf(of, given)
    const [options = {}] = rest as [CallOptions?]
    const { name, query } = checked(rid)
    const subject = `get.${name}`
    const resource = decodeResource(await this.#send(subject, encodeGetRequest(query), options, true))
    if (contract === undefined) return resource
    const schema: StandardSchema = contract.definition.value
    if ("model" in resource) return await validAnswer(this.#logger, schema, subject, plainModel(resource.model))
    const values: unknown[] = []
    for (const value of resource.collection) values.push(await validAnswer(this.#logger, schema, subject, plain(value)))
    return values
  }

  /** Rejects all waiting requests with `system.serviceUnavailable`, and ends all mirrors. The connection stays open. */
  close(): void {
    this.#cache?.close()
    this.requester.close()
  }

  async #call(type: "call" | "auth", of: string | AnyContract, given: readonly unknown[]): Promise<unknown> {
    const { rid, contract, rest } = nameOf(of, given)
    const [method, params, options = {}] = rest as [string, unknown?, CallOptions?]
    const { name, query } = checked(rid)
    if (!isValidPart(method)) throw new ResError("system.invalidRequest")
    const payload = encodeRequest({ params: textOf(params), ...parts(options), query })
    const subject = `${type}.${name}.${method}`
    const answer = decodeCall(await this.#send(subject, payload, options, false))
    if ("error" in answer) throw answer.error
    const result: unknown = answer.rid === undefined ? JSON.parse(answer.result) : { rid: answer.rid }
    if (contract === undefined) return result
    const declared: MethodDefinition | undefined = contract.definition[type === "call" ? "calls" : "auth"]?.[method]
    return declared?.answer === undefined ? null : await validAnswer(this.#logger, declared.answer, subject, result)
  }

  #send(
    subject: string,
    payload: string,
    { timeoutMs, headers }: Pick<CallOptions, "timeoutMs" | "headers">,
    repeatable: boolean,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const onAnswer = (error: ResError | undefined, text: string): void => (error ? reject(error) : resolve(text))
      this.requester.send(subject, payload, onAnswer, { repeatable, timeoutMs, headers })
    })
  }
}

/** What a request is about: a rid, its contract if there is one, and the remaining arguments. */
interface Target {
  readonly rid: string
  readonly contract: AnyContract | undefined
  readonly rest: readonly unknown[]
}

/** Reads the arguments of a method that takes a rid, or a contract and parts. */
function nameOf(of: string | AnyContract, given: readonly unknown[]): Target {
  if (typeof of === "string") return { rid: of, contract: undefined, rest: given }
  const [parts, ...rest] = given as [Parts<string>, ...unknown[]]
  return { rid: of.name(parts), contract: of, rest }
}

/** Reads the arguments of a method that takes a rid, or a contract, parts and a query. */
function resourceOf(of: string | AnyContract, given: readonly unknown[]): Target {
  if (typeof of === "string") return { rid: of, contract: undefined, rest: given }
  const [parts, query, ...rest] = given as [Parts<string>, unknown, ...unknown[]]
  return { rid: of.rid(parts, query), contract: of, rest }
}

/** A model's properties, without the wrapping of data values. */
function plainModel(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]))
}

function plain(value: unknown): unknown {
  return typeof value === "object" && value !== null && "data" in value ? value.data : value
}

function parts({ token, cid, remoteAddr }: CallOptions): Pick<RequestParts, "token" | "cid" | "remoteAddr"> {
  return { token: JSON.stringify(token), cid, remoteAddr }
}

function textOf(params: unknown): string {
  return params instanceof JsonText ? params.text : (JSON.stringify(params) ?? "null")
}

function checked(rid: string): { name: string; query: string } {
  if (!isValidRid(rid)) throw new ResError("system.invalidRequest")
  return parseRid(rid)
}

function decodeResource(text: string): ResourceContent {
  try {
    const fields = Fields.parse(text)
    const error = fields.error("error")
    if (error) throw error
    const result: unknown = JSON.parse(fields.raw("result") ?? "null")
    if (typeof result === "object" && result !== null) {
      if ("model" in result && typeof result.model === "object" && result.model !== null) {
        return { model: result.model as Record<string, unknown> }
      }
      if ("collection" in result && Array.isArray(result.collection)) return { collection: result.collection }
    }
  } catch (error) {
    throw asResError(error)
  }
  throw new ResError("system.internalError")
}
