import type { Parts } from "../pattern.ts"

/** What every request tells. */
export interface BaseRequest<P extends string> {
  /** The resource name, without a query. */
  readonly name: string
  /** The values of the pattern's placeholders. */
  readonly parts: Parts<P>
  /** The query as the client wrote it, without the question mark; empty when there is none. */
  readonly query: string
  /**
   * Tells the other side to wait `timeoutMs` from now on, for a handler that may need longer than its usual 3 s.
   *
   * Source: RES-Service protocol 1.2.3, "Pre-response".
   */
  extendTimeout(timeoutMs: number): void
}

/** Status and headers for a client that came by HTTP, ignored for any other. */
export interface Meta {
  /** From 300 to 599. */
  readonly status?: number
  readonly header?: { readonly [name: string]: readonly string[] }
}

/** What requests for a client tell besides. */
export interface ClientRequest {
  /** The connection that asks. */
  readonly cid: string
  /** The connection's access token, null when it has none. */
  readonly token: unknown
  /** True when `meta` may have an effect. */
  readonly isHttp: boolean
  /**
   * The address of the client, as far as the requester tells it. Gateways do so in auth requests only, with a port; a program that
   * asks for its own clients may do so in any request, by `CallOptions.remoteAddr`.
   */
  readonly remoteAddr: string | undefined
  /** Sets what the answer says to an HTTP client. Source: RES-Service protocol 1.2.3, "Meta object". */
  meta(meta: Meta): void
}

/** A request for the content. Whether the client may have it was asked by an access request. */
export interface GetRequest<P extends string> extends BaseRequest<P> {}

/** The question what a client may do with a resource. */
export interface AccessRequest<P extends string> extends BaseRequest<P>, ClientRequest {}

/** A call. Events sent through `events` leave before the answer. */
export interface CallRequest<P extends string, E> extends BaseRequest<P>, ClientRequest {
  readonly method: string
  /** As sent, unvalidated; a method made by `method` gets the validated ones as its second argument. */
  readonly params: unknown
  readonly events: E
}

/** A call of an auth method: also tells how the client is connected, and can set its token. */
export interface AuthRequest<P extends string, E> extends CallRequest<P, E> {
  /** HTTP headers of the client's connection; canonical names. */
  readonly header: { readonly [name: string]: readonly string[] }
  readonly host: string | undefined
  readonly uri: string | undefined
  /**
   * Gives the connection an access token, or takes it away with null; `tid` identifies it for `tokenReset`.
   *
   * Source: RES-Service protocol 1.2.3, "Connection token event".
   */
  setToken(token: unknown, tid?: string): void
}

/** What `ServiceOptions.admit` is asked about: a request before anything of it is looked at, its params unvalidated. */
export interface Admission
  extends Omit<AuthRequest<string, never>, "events" | "setToken" | "extendTimeout" | "parts" | "host" | "uri"> {
  readonly type: "access" | "call" | "auth"
  /** The pattern of the resource, as it was declared. */
  readonly pattern: string
}
