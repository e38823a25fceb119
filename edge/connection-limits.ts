import type { Server, ServerOptions } from "node:http"
import type { Socket } from "node:net"
import { AddressCounts, type ClientAddresses } from "res-service"
import { occurrences } from "../observe/occurrences.ts"

/** Most bytes of a request's line and headers (more: 431), and most headers (further ones are ignored). */
const MAX_HEADER_BYTES = 16 * 1024
const MAX_HEADERS = 100
/** Time for a client to send its headers, and its whole request, in ms. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
/**
 * How long a connection stays open between requests, in ms. Longer than proxies keep an idle connection (nginx and AWS 60 s,
 * Traefik 90 s, Caddy 120 s): if the server closes first, a request may be on its way, and the proxy answers it with 502.
 */
const KEEP_ALIVE_TIMEOUT_MS = 125_000
/** How often to look for connections that are too slow, in ms. */
const CHECK_INTERVAL_MS = 1000

export interface ConnectionLimits {
  /** Most open connections of one server, WebSockets included; further ones are closed at once. */
  readonly max: number
  /** Most from one address (IPv6: from one /64), except from trusted proxies. */
  readonly maxPerAddress: number
  /** Time for a client to send its headers, in ms. Default 10 s. */
  readonly headersTimeoutMs?: number
}

/** The options that every server needs: they bound a stranger's headers and time before anything is read. */
export const boundedServer: ServerOptions = {
  maxHeaderSize: MAX_HEADER_BYTES,
  connectionsCheckingInterval: CHECK_INTERVAL_MS,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
}

/** Bounds the connections of servers made with `boundedServer`. An address is counted over all of them. */
export function boundConnections(
  servers: readonly Server[],
  { max, maxPerAddress, headersTimeoutMs = HEADERS_TIMEOUT_MS }: ConnectionLimits,
  addresses: ClientAddresses,
): void {
  const open = new AddressCounts()
  const bound = (socket: Socket): void => {
    const address = socket.remoteAddress ?? ""
    if (addresses.isProxy(address)) return
    if (open.of(address) >= maxPerAddress) {
      occurrences.refused.tell("connections")
      socket.destroy()
    } else socket.once("close", open.add(address))
  }
  for (const server of servers) {
    server.maxConnections = max
    server.maxHeadersCount = MAX_HEADERS
    server.headersTimeout = headersTimeoutMs
    server.on("connection", bound)
    server.on("drop", () => occurrences.refused.tell("connections"))
  }
}
