import { createServer, type RequestListener, type Server } from "node:http"
import { PROTOCOL_VERSION } from "./protocol-version.ts"

/** The version of Resgate that this gateway is compatible with. */
export const RESGATE_VERSION = "1.8.0"

const CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
const WS_METHODS = ["get", "subscribe", "unsubscribe", "call", "auth"] as const

/** The gateway's counters, under Resgate's names. Source: Resgate 1.8.0, metrics endpoint. */
export class Metrics {
  connections = 0
  connectionsTotal = 0
  readonly #wsRequests = new Map<string, number>(WS_METHODS.map((method) => [method, 0]))
  readonly #httpRequests = new Map<string, number>([
    ["GET", 0],
    ["POST", 0],
  ])
  /** Closed connections by reason. Resgate does not have these. */
  readonly #closed = new Map<string, number>()

  countWsRequest(method: string): void {
    this.#wsRequests.set(method, (this.#wsRequests.get(method) ?? 0) + 1)
  }

  countHttpRequest(method: string): void {
    this.#httpRequests.set(method, (this.#httpRequests.get(method) ?? 0) + 1)
  }

  countClosed(reason: string): void {
    this.#closed.set(reason, (this.#closed.get(reason) ?? 0) + 1)
  }

  /**
   * The OpenMetrics text.
   *
   * @param ofProcess what `ProcessMetrics` says
   */
  encode(
    cache: { resources: number; subscriptions: number },
    isConnected: boolean,
    ofProcess: readonly string[] = [],
  ): string {
    const { rss } = process.memoryUsage()
    return [
      "# TYPE resgate info",
      "# HELP resgate Information about resgate.",
      `resgate_info{version="${RESGATE_VERSION}",protocol="${PROTOCOL_VERSION}"} 1`,
      "# TYPE node info",
      "# HELP node Information about the Node environment.",
      `node_info{version="${process.version}"} 1`,
      ...gauge("node_memory_rss_bytes", "Resident memory of the process in bytes.", rss),
      ...gauge("resgate_ws_current_connections", "Current established WebSocket connections.", this.connections),
      ...counter("resgate_ws_connections", "Total established WebSocket connections.", [["", this.connectionsTotal]]),
      ...counter("resgate_ws_requests", "Total WebSocket client requests.", labelled("method", this.#wsRequests)),
      ...counter("resgate_http_requests", "Total HTTP client requests.", labelled("method", this.#httpRequests)),
      ...counter("resgate_ws_closed", "WebSockets closed by the gateway.", labelled("reason", this.#closed)),
      ...gauge("resgate_cache_resources", "Current number of resources stored in the cache.", cache.resources),
      ...gauge(
        "resgate_cache_subscriptions",
        "Current number of subscriptions on cached resources.",
        cache.subscriptions,
      ),
      ...gauge("resgate_nats_connected", "1 while the gateway is connected to NATS, else 0.", isConnected ? 1 : 0),
      ...ofProcess,
      "# EOF",
      "",
    ].join("\n")
  }
}

/** A server that only answers `/metrics`. */
export function metricsServer(text: () => string): Server {
  const listener: RequestListener = (request, response) => {
    if (request.url?.split("?")[0] !== "/metrics") {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { "Content-Type": CONTENT_TYPE }).end(text())
  }
  return createServer(listener)
}

/** A metric with one value. */
export function gauge(name: string, help: string, value: number): string[] {
  return [`# TYPE ${name} gauge`, `# HELP ${name} ${help}`, `${name} ${value}`]
}

/** A metric that only grows; its samples get the ending `_total`. */
export function counter(name: string, help: string, samples: readonly [labels: string, value: number][]): string[] {
  const lines = samples.map(([labels, value]) => `${name}_total${labels} ${value}`)
  return [`# TYPE ${name} counter`, `# HELP ${name} ${help}`, ...lines]
}

function labelled(label: string, values: ReadonlyMap<string, number>): [string, number][] {
  return [...values].map(([name, value]) => [`{${label}="${name}"}`, value])
}
