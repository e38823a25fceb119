import type { Server, ServerOptions } from "node:http"
import type { Socket } from "node:net"
import { AddressCounts, type ClientAddresses } from "res-service"

/** Most bytes of a request's line and headers (431 beyond), and most headers (those beyond are not seen). */
const MAX_HEADER_BYTES = 16 * 1024
const MAX_HEADERS = 100
/** Time for a client's headers, and for its whole request, in ms. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
/**
 * Time between two requests of a connection, in ms. Longer than proxies keep an idle one (nginx and AWS 60 s, Traefik 90 s, Caddy
 * 120 s): one that the server closes first may have a request on its way, which is then lost with 502.
 */
const KEEP_ALIVE_TIMEOUT_MS = 125_000
/** How often connections are looked at for those that are too slow, in ms. */
const CHECK_INTERVAL_MS = 1000

export interface ConnectionLimits {
  /** Most connections at a time of one server, WebSockets included; further ones are closed at once. */
  readonly max: number
  /** Most of one address (of IPv6: of one /64); trusted proxies excepted. */
  readonly maxPerAddress: number
  /** Time for a client's headers, in ms. Default 10 s. */
  readonly headersTimeoutMs?: number
}

/** What a server must be made with, so that a stranger's headers and time are bounded before anything of it is read. */
export const boundedServer: ServerOptions = {
  maxHeaderSize: MAX_HEADER_BYTES,
  connectionsCheckingInterval: CHECK_INTERVAL_MS,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
}

/** Bounds the connections of servers, which are made with `boundedServer`; an address's are counted over all of them. */
export function boundConnections(
  servers: readonly Server[],
  { max, maxPerAddress, headersTimeoutMs = HEADERS_TIMEOUT_MS }: ConnectionLimits,
  addresses: ClientAddresses,
): void {
  const open = new AddressCounts()
  const bound = (socket: Socket): void => {
    const address = socket.remoteAddress ?? ""
    if (addresses.isProxy(address)) return
    if (open.of(address) >= maxPerAddress) socket.destroy()
    else socket.once("close", open.add(address))
  }
  for (const server of servers) {
    server.maxConnections = max
    server.maxHeadersCount = MAX_HEADERS
    server.headersTimeout = headersTimeoutMs
    server.on("connection", bound)
  }
}
