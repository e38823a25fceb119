import { networkInterfaces } from "node:os"
import type { Settings } from "../../config/settings.ts"
import { connectHost } from "./address.ts"

type PageSettings = Settings<"HOST" | "EDGE_PORT" | "GATEWAY_PORT" | "PUBLIC_HOSTS" | "CORS_ORIGINS">

/** A gateway's settings about pages; only the embedded gateway knows `allowNullOrigin` and `allowHost`. */
export interface AllowedPages {
  readonly allowOrigin: string
  readonly allowNullOrigin: boolean
  readonly allowHost: string
}

/**
 * The pages that a gateway admits with `AUTH=none`: those of the edge, at each of its addresses and names, and those of CORS_ORIGINS.
 * The list also has the gateway's own origin, because some libraries outside browsers send the origin of the server that they connect
 * to.
 */
export function allowedPages({
  HOST,
  EDGE_PORT,
  GATEWAY_PORT,
  PUBLIC_HOSTS = [],
  CORS_ORIGINS = [],
}: PageSettings): AllowedPages {
  if (CORS_ORIGINS.includes("*")) return { allowOrigin: "*", allowNullOrigin: true, allowHost: "*" }
  const hosts = ["localhost", "127.0.0.1", "[::1]", ...addressesOf(HOST)]
  const origins = [
    ...hosts.flatMap((host) => [EDGE_PORT, GATEWAY_PORT].map((port) => `http://${host}:${port}`)),
    ...PUBLIC_HOSTS.flatMap((name) =>
      withPorts(name, EDGE_PORT).flatMap((host) => [`http://${host}`, `https://${host}`]),
    ),
    ...CORS_ORIGINS,
  ]
  return {
    allowOrigin: [...new Set(origins)].join(";"),
    allowNullOrigin: false,
    allowHost: [...PUBLIC_HOSTS, ...CORS_ORIGINS.map((origin) => new URL(origin).host)].join(";"),
  }
}

/** The addresses, as in a URL, of a server that listens on `host`. */
function addressesOf(host: string): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [connectHost(host)]
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  // Browsers accept no zone in a URL, so they can't reach link-local addresses of IPv6.
  return own.filter(({ address }) => !address.startsWith("fe80:")).map(({ address }) => connectHost(address))
}

/** A name with its port. Without a port: the name alone (behind a proxy at the usual ports), and with the edge's port. */
function withPorts(name: string, edgePort: number): string[] {
  return /:\d+$/.test(name) ? [name] : [name, `${name}:${edgePort}`]
}
