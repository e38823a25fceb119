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
  on(event: "change" | "unsubscribe", handler: () => void): void
}

/** What tests use of resclient. */
export interface Client {
  get<T>(rid: string): Promise<T>
  call<T>(rid: string, method: string, params?: unknown): Promise<T>
  authenticate<T>(rid: string, method: string, params?: unknown): Promise<T>
  on(event: "connect" | "close", handler: () => void): void
  on(event: "error", handler: (error: { method?: string }) => void): void
  /** `onConnect` runs on each new connection, before anything else is sent. */
  setOnConnect(onConnect: () => Promise<unknown>): void
  disconnect(): void
}

export interface ClientOptions {
  /** Of the HTTP request that opens the WebSocket. */
  readonly headers?: Readonly<Record<string, string>>
  /** Called when a connection is lost, before resclient knows. */
  readonly onClose?: () => void
  /** Called with what resclient throws at a message, and the message. Default: it is thrown, and ends the tests. */
  readonly onError?: (error: unknown, message: string) => void
}

/**
 * The real resclient from npm. As in a browser, it gets one message at a time: it knows a resource only after the microtasks
 * that follow the answer.
 */
export function resClient(wsUrl: string, { headers = {}, onError, onClose }: ClientOptions = {}): Client {
  const open = (): WebSocket => {
    const webSocket = new WebSocket(wsUrl, { allowSynchronousEvents: false, headers })
    if (onClose !== undefined) webSocket.addEventListener("close", onClose)
    return webSocket
  }
  return new ResClient(onError === undefined ? open : () => guarded(open(), onError), delays)
}

/** As a browser, which goes on after a handler has thrown. */
function guarded(webSocket: WebSocket, onError: NonNullable<ClientOptions["onError"]>): WebSocket {
  return new Proxy(webSocket, {
    get(_, name) {
      const value = Reflect.get(webSocket, name, webSocket)
      return typeof value === "function" ? value.bind(webSocket) : value
    },
    set(_, name, value) {
      const handler = (event: MessageEvent): void => {
        try {
          value(event)
        } catch (error) {
          onError(error, String(event.data))
        }
      }
      return Reflect.set(webSocket, name, name === "onmessage" ? handler : value, webSocket)
    },
  })
}

/** To be called in a `describe`: returns a function that connects a client to `gateway`, until the end of the test. */
export function useClients(gateway: TestGateway): (options?: ClientOptions) => Client {
  const open = closeAfterEach<Client>((client) => client.disconnect())
  return (options) => open(resClient(gateway.wsUrl, options))
}
