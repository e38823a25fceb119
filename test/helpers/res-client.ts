import { createRequire } from "node:module"
import { WebSocket } from "ws"

// The package is CommonJS with a default export, which Node and tsx import differently; `require` is the same in both.
const { default: ResClient } = createRequire(import.meta.url)("resclient") as {
  default: new (connect: () => WebSocket, options: object) => Client
}

/** Its own pauses are 3 s and 10 s, after which a page is right again; tests need not wait that long. */
const delays = { reconnectDelay: 250, subscribeStaleDelay: 250, subscribeRetryDelay: 500 }

/** What tests use of resclient's collections. */
export interface ClientCollection<T> extends Iterable<T> {
  readonly length: number
  on(event: "add", handler: (event: { item: T; idx: number }) => void): void
  on(event: "remove", handler: (event: { item: T; idx: number }) => void): void
  on(event: "unsubscribe", handler: () => void): void
  off(event: string, handler: unknown): void
}

/** What tests use of resclient's models. */
export interface ClientModel<T> {
  readonly props: T
  on(event: "change", handler: () => void): void
}

/** What tests use of resclient. */
export interface Client {
  get<T>(rid: string): Promise<T>
  call<T>(rid: string, method: string, params?: unknown): Promise<T>
  authenticate<T>(rid: string, method: string, params?: unknown): Promise<T>
  on(event: "connect" | "close", handler: () => void): void
  disconnect(): void
}

/**
 * The real resclient from npm. As in a browser, it gets one message at a time: it knows a resource only after the microtasks
 * that follow the answer.
 */
export function resClient(wsUrl: string, { headers = {} }: { headers?: Record<string, string> } = {}): Client {
  return new ResClient(() => new WebSocket(wsUrl, { allowSynchronousEvents: false, headers }), delays)
}
