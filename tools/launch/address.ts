import { isIPv6 } from "node:net"

/** The host part of a URL for connecting on this machine to a server that listens on `host`, which may be a wildcard. */
export function connectHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1"
  if (host === "::") return "[::1]"
  return isIPv6(host) ? `[${host}]` : host
}

/** The host part of a URL for people: as `connectHost`, but `localhost` for a wildcard. */
export function shownHost(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "localhost" : connectHost(host)
}

/** A URL without user, password and final slash, for printing. */
export function shownUrl(url: string): string {
  const parsed = new URL(url)
  parsed.username = ""
  parsed.password = ""
  return parsed.href.replace(/\/$/, "")
}

/** Removes logins from the NATS URLs in a log line: Resgate prints the URL that it connects to. */
export function withoutLogins(text: string): string {
  return text.replace(/\b((?:nats|tls):\/\/)[^\s/@]+@/g, "$1***@")
}
