import type { Conn } from "../conn.ts"
import { ResError } from "../errors.ts"
import { type Logger, silentLogger } from "../logger.ts"
import { isValidPart, isValidRid, parseRid } from "../rid.ts"
import { Cache, type CacheOptions } from "./cache.ts"
import { Fields } from "./decode.ts"
import type { Access, RequestParts } from "./messages.ts"
import { asResError, decodeAccess, decodeCall, encodeGetRequest, encodeRequest } from "./messages.ts"
import { Mirror } from "./mirror.ts"
import { Requester } from "./requester.ts"

const DEFAULT_REQUEST_TIMEOUT_MS = 3000

/** How a client waits and keeps copies. All may be left out. */
export interface ClientOptions extends CacheOptions {
  /** How long to wait for an answer, unless a service asks for more; 3000 by default. */
  readonly requestTimeoutMs?: number
  /** Told of invalid events and answers; nobody by default. */
  readonly logger?: Logger
}

/** Whom a request comes from, and how long it may take. */
export interface CallOptions {
  /** Access token that the service sees; none by default. */
  readonly token?: unknown
  /** Connection ID that the service sees. The protocol wants one; services that don't look at it do without. */
  readonly cid?: string
  /** Address of the client for whom this asks; services that trust this program may count by it. None by default. */
  readonly remoteAddr?: string
  readonly timeoutMs?: number
}

/** What a call answers instead of a result when it made or found a resource. */
export interface ResourceResponse {
  readonly rid: string
}

/** What a get request answers. */
export type Resource = { readonly model: Record<string, unknown> } | { readonly collection: unknown[] }

/**
 * The NATS side of a RES client: what a gateway sends to services, for programs that may talk to them directly.
 *
 * All methods reject with a `ResError`: the service's own; `system.timeout`; a `NoRespondersError` (`system.notFound`)
 * when no service listens; a `NotSentError` (`system.serviceUnavailable`) at once while `conn` is not connected, so that
 * nothing is kept back and sent later; `system.internalError` for an answer that is none.
 *
 * Calls are not preceded by an access request: a service must not rely on one.
 *
 * Source: RES-Service protocol 1.2.3, "Requests".
 *
 * @example
 * const client = new Client(natsConn(nc))
 * await client.call("library.book.42", "lend", { to: "Ann" })
 */
export class Client {
  /** For callers that need answers in order with events: a promise is always a little late. */
  readonly requester: Requester
  readonly #conn: Conn
  readonly #options: ClientOptions
  #cache: Cache | undefined

  constructor(conn: Conn, options: ClientOptions = {}) {
    this.requester = new Requester(conn, options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS)
    this.#conn = conn
    this.#options = options
  }

  /**
   * A live copy of a resource and all that it refers to. The mirrors of a client share what they have in common. Throws
   * `system.invalidRequest` for what is no rid.
   */
  mirror(rid: string): Mirror {
    checked(rid)
    this.#cache ??= new Cache(this.#conn, this.requester, this.#options.logger ?? silentLogger, this.#options)
    return new Mirror(this.#cache, rid)
  }

  /** The result, or `{ rid }` if the answer is a resource. */
  call(rid: string, method: string, params?: unknown, options: CallOptions = {}): Promise<unknown> {
    return this.#call("call", rid, method, params, options)
  }

  auth(rid: string, method: string, params?: unknown, options: CallOptions = {}): Promise<unknown> {
    return this.#call("auth", rid, method, params, options)
  }

  async access(rid: string, options: CallOptions = {}): Promise<Access> {
    const { name, query } = checked(rid)
    const text = await this.#send(`access.${name}`, encodeRequest({ ...parts(options), query }), options, true)
    const { access, error } = decodeAccess(text)
    if (access === undefined) throw error ?? new ResError("system.internalError")
    return access
  }

  /** One copy of the resource, references not followed. */
  async get(rid: string, options: Pick<CallOptions, "timeoutMs"> = {}): Promise<Resource> {
    const { name, query } = checked(rid)
    const text = await this.#send(`get.${name}`, encodeGetRequest(query), options, true)
    return decodeResource(text)
  }

  /** Ends all waiting requests with `system.serviceUnavailable`, and all mirrors. The connection stays open. */
  close(): void {
    this.#cache?.close()
    this.requester.close()
  }

  async #call(type: string, rid: string, method: string, params: unknown, options: CallOptions): Promise<unknown> {
    const { name, query } = checked(rid)
    if (!isValidPart(method)) throw new ResError("system.invalidRequest")
    const payload = encodeRequest({ params: JSON.stringify(params) ?? "null", ...parts(options), query })
    const answer = decodeCall(await this.#send(`${type}.${name}.${method}`, payload, options, false))
    if ("error" in answer) throw answer.error
    if (answer.rid !== undefined) return { rid: answer.rid } satisfies ResourceResponse
    return JSON.parse(answer.result)
  }

  #send(
    subject: string,
    payload: string,
    { timeoutMs }: Pick<CallOptions, "timeoutMs">,
    repeatable: boolean,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const answered = (error: ResError | undefined, text: string): void => (error ? reject(error) : resolve(text))
      this.requester.send(subject, payload, answered, { repeatable, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
    })
  }
}

function parts({ token, cid, remoteAddr }: CallOptions): Pick<RequestParts, "token" | "cid" | "remoteAddr"> {
  return { token: JSON.stringify(token), cid, remoteAddr }
}

function checked(rid: string): { name: string; query: string } {
  if (!isValidRid(rid)) throw new ResError("system.invalidRequest")
  return parseRid(rid)
}

function decodeResource(text: string): Resource {
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
