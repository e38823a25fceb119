import { HostNames, isLocalhost } from "res-service"
import { isLoopback } from "./loopback.ts"
import type { Settings } from "./settings.ts"

/** The settings that decide which pages are admitted with `AUTH=none`. */
export const pageSettings = ["AUTH", "PUBLIC_HOSTS", "CORS_ORIGINS", "EDGE_PORT"] as const

/** The parts of a request that matter. */
export interface Sender {
  /** HTTP method; undefined when unknown. */
  readonly method?: string | undefined
  readonly origin: string | undefined
  readonly host: string | undefined
}

/**
 * Tells requests of the product's own pages and of CORS_ORIGINS from requests of other pages that are open in a browser on this
 * machine. With `AUTH=none` this is the only protection against those.
 */
export class OwnPages {
  readonly #origins: readonly string[]
  readonly #hosts: HostNames
  readonly #edgePort: string

  constructor({
    PUBLIC_HOSTS = [],
    CORS_ORIGINS = [],
    EDGE_PORT,
  }: Omit<Settings<(typeof pageSettings)[number]>, "AUTH">) {
    this.#origins = CORS_ORIGINS
    this.#hosts = new HostNames([...PUBLIC_HOSTS, ...CORS_ORIGINS.filter((origin) => origin !== "*").map(hostOf)])
    this.#edgePort = String(EDGE_PORT)
  }

  /**
   * The reason to refuse a request, or undefined. Clients without an `Origin` (apps, curl) are refused only where a page could
   * have sent the same request: a page sends no `Origin` when it reads from its own host.
   */
  refusal({ method, origin, host = "" }: Sender): string | undefined {
    if (this.#origins.includes("*")) return undefined
    if (origin === undefined) {
      const mayBePage = method === undefined || method === "GET" || method === "HEAD"
      return mayBePage && this.#hosts.isForeign(host)
        ? "With AUTH=none this host name must be listed in PUBLIC_HOSTS"
        : undefined
    }
    if (this.#origins.includes(origin) || this.#isOwn(origin, host)) return undefined
    return "With AUTH=none pages of this origin must be listed in CORS_ORIGINS, or their host in PUBLIC_HOSTS"
  }

  /** True for a page from any port of this machine that asks this machine. */
  isLocal({ origin = "", host = "" }: Sender): boolean {
    if (!/^https?:/.test(origin) || !URL.canParse(origin) || !URL.canParse(`http://${host}`)) return false
    return isThisMachine(new URL(origin)) && isThisMachine(new URL(`http://${host}`))
  }

  /** A page of the edge that asks the edge, or the gateway on the same host. */
  #isOwn(origin: string, host: string): boolean {
    if (!this.#hosts.has(host) || !/^https?:/.test(origin)) return false
    if (!URL.canParse(origin) || !URL.canParse(`http://${host}`)) return false
    const page = new URL(origin)
    const asked = new URL(`${page.protocol}//${host}`)
    const isSameHost = page.hostname === asked.hostname || (isThisMachine(page) && isThisMachine(asked))
    return isSameHost && (page.port === asked.port || page.port === this.#edgePort)
  }
}

/** The admitted pages; undefined admits all, since tokens decide. */
export function ownPages(settings: Settings<(typeof pageSettings)[number]>): OwnPages | undefined {
  return settings.AUTH === "none" ? new OwnPages(settings) : undefined
}

function isThisMachine({ hostname }: URL): boolean {
  return isLocalhost(hostname) || isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"))
}

function hostOf(origin: string): string {
  return new URL(origin).host
}
