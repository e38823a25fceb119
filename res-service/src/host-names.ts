import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"

/**
 * The names at which a server may be asked by a browser's pages. Whoever owns a name in DNS can point it at this machine, and so
 * read with its own pages what only this machine may see ("DNS rebinding"). Nobody can do so with an address, or with localhost.
 */
export class HostNames {
  readonly #listed: ReadonlySet<string>

  /** @param listed further names, as `books.example`; a port (`books.example:8443`) does not matter; `*`: every name */
  constructor(listed: readonly string[] = []) {
    this.#listed = new Set(listed.map(nameOf))
  }

  /** True for an address, localhost, and a listed name. `host` is a `Host` header, or the host of a URL. */
  has(host: string): boolean {
    const name = nameOf(host)
    if (this.#listed.has("*") || this.#listed.has(name)) return true
    return isLocalhost(name) || isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0
  }

  /**
   * True for a name that a stranger may own. A name without a dot (`edge`, `my_gateway`) is a machine or container of the own
   * network: no DNS sells those.
   */
  isForeign(host: string): boolean {
    return !this.has(host) && nameOf(host).includes(".")
  }
}

/** True for a request with several `Host` headers, of which Node shows the first only. Source: RFC 9112, section 3.2. */
export function hasManyHosts({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">): boolean {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === "host").length > 1
}

/** True for names that always mean this machine. Source: RFC 6761, section 6.3. */
export function isLocalhost(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost")
}

/** A host without its port, in lower case, without DNS's final dot. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "")
}
