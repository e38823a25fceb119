import type { Parts } from "../pattern.ts"
import type { RequestNumber } from "../request-number.ts"

/** What every request contains. */
export interface BaseRequest<P extends string> {
  /** The resource name, without a query. */
  readonly name: string
  /** The values of the pattern's placeholders. */
  readonly parts: Parts<P>
  /** The query as the client wrote it, without the question mark; empty when there is none. */
  readonly query: string
  /**
   * A NATS header of the request; undefined: it has none. `CallOptions.headers` sends them, and gateways send none. A
   * `ServiceOptions.observer` may put others in their place.
   */
  natsHeader(name: string): string | undefined
  /**
   * Tells the requester to wait `timeoutMs` from now on, for a handler that may take longer than the usual 3 s. Requesters that wait
   * behind it in its queue are told the same.
   *
   * Source: RES-Service protocol 1.2.3, "Pre-response".
   */
  extendTimeout(timeoutMs: number): void
}

/** Status and headers for a client that uses HTTP. Ignored for any other client. */
export interface Meta {
  /** From 300 to 599. */
  readonly status?: number
  readonly header?: { readonly [name: string]: readonly string[] }
}

/** What requests on behalf of a client contain as well. */
export interface ClientRequest {
  /** The ID of the client's connection. */
  readonly cid: string
  /** The connection's access token; null if it has none. */
  readonly token: unknown
  /** True when the client uses HTTP, so that `meta` has an effect. */
  readonly isHttp: boolean
  /**
   * The address of the client, if the requester sent it. Gateways send it in auth requests only, with a port. A program that
   * sends requests for its own clients may add it to any request, with `CallOptions.remoteAddr`.
   */
  readonly remoteAddr: string | undefined
  /** Sets the status and headers of the answer to an HTTP client. Source: RES-Service protocol 1.2.3, "Meta object". */
  meta(meta: Meta): void
}

/** A request for the content. It names no client: gateways send an access request for each client. */
export interface GetRequest<P extends string> extends BaseRequest<P> {}

/** Asks what a client may do with a resource. */
export interface AccessRequest<P extends string> extends BaseRequest<P>, ClientRequest {}

/** A call. Events sent with `events` leave before the answer. */
export interface CallRequest<P extends string, E> extends BaseRequest<P>, ClientRequest {
  readonly method: string
  /** The params as they were sent, not validated. A method made by `method` gets the validated ones as its second argument. */
  readonly params: unknown
  readonly events: E
  /**
   * True for a call that arrives late: one of this kind, which the same requester (a gateway, or a program with a `Client`) sent later to
   * this resource, has asked before, at this process. Answer as if this one had come first: then the last of several calls that replace
   * each other counts, also when NATS passed it to another process, which was faster. Ask once, in the resource's queue. False if the
   * requester does not number its requests, as Resgate; the requesters of this package do.
   *
   * @param kind what replaces each other, such as the calls for one member; default: the calls of this method
   */
  isOutdated(kind?: string): boolean
  /**
   * Its requester and its number there, as `isOutdated` compares them; undefined if the requester does not number its requests. Store it with
   * what the call sets, where a call must be told to be late also after another process has taken over.
   */
  readonly requestNumber: RequestNumber | undefined
}

/** A call of an auth method. It also tells how the client is connected, and can set the client's token. */
export interface AuthRequest<P extends string, E> extends CallRequest<P, E> {
  /** HTTP headers of the client's connection, with canonical names. */
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

/** A request as `ServiceOptions.admit` gets it: before its params are validated. */
export interface Admission
  extends Omit<AuthRequest<string, never>, "events" | "setToken" | "extendTimeout" | "parts" | "host" | "uri"> {
  readonly type: "access" | "call" | "auth"
  /** The pattern with which the resource was declared. */
  readonly pattern: string
}
