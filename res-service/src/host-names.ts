import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"

/**
 * The host names under which a browser's pages may use a server. The owner of a DNS name can point it at this machine, and then
 * read with pages of that name what only this machine may see ("DNS rebinding"). This does not work with an IP address or
 * localhost.
 */
export class HostNames {
  readonly #listed: ReadonlySet<string>

  /** @param listed further names, such as `books.example`. A port (`books.example:8443`) is ignored. `*` allows every name */
  constructor(listed: readonly string[] = []) {
    this.#listed = new Set(listed.map(nameOf))
  }

  /** True for an IP address, localhost and listed names. `host` is a `Host` header or the host of a URL. */
  has(host: string): boolean {
    const name = nameOf(host)
    if (this.#listed.has("*") || this.#listed.has(name)) return true
    return isLocalhost(name) || isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0
  }

  /**
   * True for a name that a stranger may own. A name without a dot (`edge`, `my_gateway`) is a machine or container of the local
   * network: nobody can register one in public DNS.
   */
  isForeign(host: string): boolean {
    return !this.has(host) && nameOf(host).includes(".")
  }
}

/** True for a request with several `Host` headers: Node shows only the first. Source: RFC 9112, section 3.2. */
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
