import type { Headers, Msg } from "../conn.ts"
import type { Target } from "./incoming.ts"
import type { NamedResource } from "./query-events.ts"
import type { AnyResource } from "./resource.ts"

/**
 * Is told what a service does, for metrics, access logs and traces. All methods are optional. They are called synchronously, and must
 * not throw.
 */
export interface ServiceObserver {
  /** Called when a request arrives, before it waits in a queue. The result, if any, is told the end of the request. */
  onRequest?(request: ObservedRequest): Observation | undefined
}

/** A request as `ServiceObserver` gets it. */
export interface ObservedRequest {
  readonly type: Target["type"]
  /** The resource name, without a query. The requester chooses it, so it is no label for a metric. */
  readonly name: string
  /** The pattern with which the resource was declared; undefined: nothing is declared for the name. */
  readonly pattern: string | undefined
  /** The method of a call or auth request, if the resource declares it; undefined for all other requests. */
  readonly method: string | undefined
  /** A NATS header of the request. */
  natsHeader(name: string): string | undefined
}

/** What an observer does with one request. */
export interface Observation {
  /** What `natsHeader` gives to the handler, in place of the request's own: for example the `traceparent` of a span that began here. */
  readonly headers?: Headers | undefined
  /**
   * Called once, when the answer is sent. An access request that no handler answers has no end.
   *
   * @param code the code of the answered error; undefined: answered without an error
   */
  end(code: string | undefined): void
}

/** A request as observers see it. */
export function observedRequest(msg: Msg, { type, name, method }: Target, named: NamedResource | undefined) {
  return {
    type,
    name,
    pattern: named?.resource.pattern.source,
    method: named !== undefined && declares(named.resource, type, method) ? method : undefined,
    natsHeader: (header: string) => msg.header?.(header),
  } satisfies ObservedRequest
}

/** Reads a NATS header for the handler of a request. */
export function natsHeader(msg: Msg, observation: Observation | undefined, name: string): string | undefined {
  return observation?.headers?.[name] ?? msg.header?.(name)
}

function declares({ handlers }: AnyResource, type: Target["type"], method: string): boolean {
  if (type !== "call" && type !== "auth") return false
  const methods: object | undefined = handlers[type]
  return methods !== undefined && Object.hasOwn(methods, method)
}
