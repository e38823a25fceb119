import { createRequire } from "node:module"
import { WebSocket } from "ws"
import type { TestGateway } from "./gateway.ts"
import { closeAfterEach } from "./use.ts"

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

export interface ClientOptions {
  /** Of the HTTP request that opens the WebSocket. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The real resclient from npm. As in a browser, it gets one message at a time: it knows a resource only after the microtasks
 * that follow the answer.
 */
export function resClient(wsUrl: string, { headers = {} }: ClientOptions = {}): Client {
  return new ResClient(() => new WebSocket(wsUrl, { allowSynchronousEvents: false, headers }), delays)
}

/** To be called in a `describe`: returns a function that connects a client to `gateway`, until the end of the test. */
export function useClients(gateway: TestGateway): (options?: ClientOptions) => Client {
  const open = closeAfterEach<Client>((client) => client.disconnect())
  return (options) => open(resClient(gateway.wsUrl, options))
}
