import { networkInterfaces } from "node:os"
import type { Settings } from "../../config/settings.ts"
import { connectHost } from "./address.ts"

type PageSettings = Settings<"HOST" | "EDGE_PORT" | "GATEWAY_PORT" | "PUBLIC_HOSTS" | "CORS_ORIGINS">

/** What a gateway is told about pages; `allowNullOrigin` and `allowHost` are known to the embedded one only. */
export interface AllowedPages {
  readonly allowOrigin: string
  readonly allowNullOrigin: boolean
  readonly allowHost: string
}

/**
 * The pages that a gateway lets in with `AUTH=none`: those of the edge, by every address and name that it has, and those of
 * CORS_ORIGINS. A gateway is not asked for its own pages, so it needs a list. Its own origin is in it, too: some libraries that are no
 * browsers send the origin of the server that they connect to.
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

/** The addresses, as in a URL, at which what listens on `host` is reached. */
function addressesOf(host: string): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [connectHost(host)]
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  // Browsers take no zone in a URL, so link-local addresses of IPv6 are not reached by one.
  return own.filter(({ address }) => !address.startsWith("fe80:")).map(({ address }) => connectHost(address))
}

/** A name with its port; without one, behind a proxy at the usual ports, or straight at the edge. */
function withPorts(name: string, edgePort: number): string[] {
  return /:\d+$/.test(name) ? [name] : [name, `${name}:${edgePort}`]
}
