import { isIP } from "node:net"
import { type ClientAddresses, clientAddresses } from "../client-address.ts"
import { HostNames } from "../host-names.ts"
import { isValidName, isValidPart } from "../rid.ts"
import { type ApiEncoding, apiEncodings } from "./api-encoding.ts"
import { Origins } from "./origins.ts"

const DEFAULT_PORT = 8080
const DEFAULT_REQUEST_TIMEOUT_MS = 3000
/** A page shows a few dozen resources. This leaves room for programs that follow hundreds. */
const DEFAULT_MAX_SUBSCRIPTIONS = 1000
/** Enough for a thousand people behind one address, with several pages each. */
const DEFAULT_MAX_CONNECTIONS_PER_ADDRESS = 12_000
/** One process serves that many with memory to spare. */
const DEFAULT_MAX_CONNECTIONS = 20_000
/** Resgate once took seconds. Values up to this one are still taken as seconds. */
const MAX_TIMEOUT_IN_SECONDS = 10

/**
 * The gateway's settings, named as in Resgate's configuration file, with its defaults.
 *
 * Source: Resgate 1.8.0, configuration.
 */
export interface GatewayConfig {
  /** IP address to listen on; empty for all. Default `0.0.0.0`. */
  readonly addr?: string | null
  /** Default 8080. In code, 0 means any free port; in a configuration file, it means the default. */
  readonly port?: number
  /** Default `/`. */
  readonly wsPath?: string
  /** Default `/api/`. */
  readonly apiPath?: string
  /** How HTTP answers encode references: `json` (default) or `jsonflat`. */
  readonly apiEncoding?: string
  /** `<rid>.<method>` of an auth request that the gateway sends before each HTTP request. */
  readonly headerAuth?: string | null
  /** The same before each WebSocket upgrade. */
  readonly wsHeaderAuth?: string | null
  /** `*` (default), or origins separated by semicolons. */
  readonly allowOrigin?: string | null
  /**
   * Whether the origin `null` is allowed if `allowOrigin` lists origins. It is the origin of pages from files, but also of any
   * site's sandboxed frames. Default true, as in Resgate, which does not have this setting.
   */
  readonly allowNullOrigin?: boolean
  /**
   * `*` (default), or host names separated by semicolons. A browser's page can read over HTTP only under one of these names, an
   * IP address or localhost, so that a stranger's DNS name that points at the gateway is of no use (DNS rebinding). Resgate does
   * not have this setting.
   */
  readonly allowHost?: string
  /** The methods that HTTP PUT, DELETE and PATCH call. */
  readonly putMethod?: string | null
  readonly deleteMethod?: string | null
  readonly patchMethod?: string | null
  /** Per-message compression; default false. */
  readonly wsCompression?: boolean
  /** How long to wait for a service's answer, in milliseconds; default 3000. Values up to 10 are seconds. */
  readonly requestTimeout?: number
  /** How many requests a system reset may cause at a time; default 0: any number. */
  readonly resetThrottle?: number
  /** How many requests the references of a resource may cause at a time; default 0: any number. */
  readonly referenceThrottle?: number
  /** Port for metrics; default 0: no metrics. */
  readonly metricsPort?: number
  /** IP address that `metricsPort` listens on; default: as `addr`, as in Resgate, which does not have this setting. */
  readonly metricsAddr?: string
  /**
   * How many resources a connection may be subscribed to, not counting the resources that these refer to. More are refused with
   * `system.subscriptionLimitExceeded`. Default 1,000; 0: any number. Resgate does not have this setting.
   */
  readonly maxSubscriptions?: number
  /**
   * How many connections may be open. More are closed at once. Default 20,000; 0: any number. Resgate does not have this setting.
   */
  readonly maxConnections?: number
  /**
   * How many WebSockets a client address (an IPv6 /64 network) may have. More are refused with 429. Default 12,000; 0: any
   * number. Resgate does not have this setting.
   */
  readonly maxConnectionsPerAddress?: number
  /**
   * Addresses and networks of reverse proxies whose `X-Forwarded-For` header is trusted. Default: none. Resgate does not have
   * this setting.
   */
  readonly trustedProxies?: readonly string[]
  readonly tls?: boolean
  readonly certFile?: string
  readonly keyFile?: string
}

/** A method of a resource. */
export interface MethodName {
  readonly rid: string
  readonly method: string
}

/** Checked settings. */
export interface Settings {
  /** Undefined: all addresses. */
  readonly addr: string | undefined
  readonly port: number
  readonly wsPath: string
  readonly apiPath: string
  readonly apiEncoding: ApiEncoding
  readonly headerAuth: MethodName | undefined
  readonly wsHeaderAuth: MethodName | undefined
  readonly origins: Origins
  readonly hosts: HostNames
  /** The RES method for each HTTP method. */
  readonly mappedMethods: ReadonlyMap<string, string>
  readonly wsCompression: boolean
  readonly requestTimeoutMs: number
  readonly resetThrottle: number
  readonly referenceThrottle: number
  readonly metricsPort: number
  /** Undefined: all addresses. */
  readonly metricsAddr: string | undefined
  /** Infinity: any number. The same goes for the next two. */
  readonly maxSubscriptions: number
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly addresses: ClientAddresses
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
}

/** An invalid setting. The message names the setting, its value and what is expected. */
export class ConfigError extends Error {
  override readonly name = "ConfigError"

  constructor(setting: string, value: unknown, expected: string) {
    super(`invalid ${setting} setting (${String(value)}): ${expected}`)
  }
}

/** Checks the settings, and adds the defaults. Throws a `ConfigError` for what Resgate refuses. */
export function checkConfig(config: GatewayConfig): Settings {
  const port = config.port ?? DEFAULT_PORT
  const metricsPort = config.metricsPort ?? 0
  checkPort("port", port)
  checkPort("metricsPort", metricsPort)
  if (metricsPort !== 0 && metricsPort === port) {
    throw new ConfigError("metricsPort", metricsPort, `must be different from the API port (${port})`)
  }
  const addr = config.addr ?? "0.0.0.0"
  if (addr !== "" && isIP(addr) === 0) throw new ConfigError("addr", addr, "must be a valid IPv4 or IPv6 address")
  const metricsAddr = config.metricsAddr ?? addr
  if (metricsAddr !== "" && isIP(metricsAddr) === 0)
    throw new ConfigError("metricsAddr", metricsAddr, "must be a valid IPv4 or IPv6 address")
  return {
    addr: addr === "" ? undefined : addr,
    port,
    wsPath: config.wsPath || "/",
    apiPath: (config.apiPath || "/api").replace(/\/?$/, "/"),
    apiEncoding: checkEncoding(config.apiEncoding || "json"),
    headerAuth: checkMethodName("headerAuth", config.headerAuth),
    wsHeaderAuth: checkMethodName("wsHeaderAuth", config.wsHeaderAuth),
    origins: checkOrigins(config.allowOrigin ?? "*", config.allowNullOrigin),
    hosts: new HostNames((config.allowHost ?? "*").split(";")),
    mappedMethods: new Map([
      ...checkMapped("PUT", "putMethod", config.putMethod),
      ...checkMapped("DELETE", "deleteMethod", config.deleteMethod),
      ...checkMapped("PATCH", "patchMethod", config.patchMethod),
    ]),
    wsCompression: config.wsCompression ?? false,
    requestTimeoutMs: checkTimeout(config.requestTimeout || DEFAULT_REQUEST_TIMEOUT_MS),
    resetThrottle: Math.max(0, config.resetThrottle ?? 0),
    referenceThrottle: Math.max(0, config.referenceThrottle ?? 0),
    metricsPort,
    metricsAddr: metricsAddr === "" ? undefined : metricsAddr,
    maxSubscriptions: checkMaximum("maxSubscriptions", config.maxSubscriptions ?? DEFAULT_MAX_SUBSCRIPTIONS),
    maxConnections: checkMaximum("maxConnections", config.maxConnections ?? DEFAULT_MAX_CONNECTIONS),
    maxConnectionsPerAddress: checkMaximum(
      "maxConnectionsPerAddress",
      config.maxConnectionsPerAddress ?? DEFAULT_MAX_CONNECTIONS_PER_ADDRESS,
    ),
    addresses: checkProxies(config.trustedProxies ?? []),
    tls: config.tls ? { certFile: config.certFile ?? "", keyFile: config.keyFile ?? "" } : undefined,
  }
}

function checkPort(setting: string, port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new ConfigError(setting, port, "must be 0 to 65535")
}

function checkEncoding(value: string): ApiEncoding {
  const encoding = apiEncodings.find((each) => each === value.toLowerCase())
  if (!encoding) throw new ConfigError("apiEncoding", value, `available encodings: ${apiEncodings.join(", ")}`)
  return encoding
}

function checkMethodName(setting: string, value: string | null | undefined): MethodName | undefined {
  if (value === undefined || value === null) return undefined
  const dot = value.lastIndexOf(".")
  if (dot === -1 || !isValidName(value)) throw new ConfigError(setting, value, "must be a valid resource method")
  return { rid: value.slice(0, dot), method: value.slice(dot + 1) }
}

function checkMapped(
  httpMethod: string,
  setting: string,
  value: string | null | undefined,
): [httpMethod: string, method: string][] {
  if (value === undefined || value === null) return []
  if (!isValidPart(value)) throw new ConfigError(setting, value, "must be a valid call method name")
  return [[httpMethod, value]]
}

function checkOrigins(value: string, allowsNull: boolean | undefined): Origins {
  try {
    return new Origins(value, allowsNull)
  } catch (error) {
    const reason = error instanceof Error ? error.message : ""
    throw new ConfigError("allowOrigin", value, `${reason}; valid are *, or origins separated by semicolons`)
  }
}

function checkMaximum(setting: string, value: number): number {
  if (!Number.isInteger(value) || value < 0)
    throw new ConfigError(setting, value, "must be a whole number, 0 for no limit")
  return value === 0 ? Infinity : value
}

function checkProxies(proxies: readonly string[]): ClientAddresses {
  try {
    return clientAddresses(proxies)
  } catch {
    throw new ConfigError("trustedProxies", proxies, "must be a list of addresses or networks (10.0.0.0/8)")
  }
}

function checkTimeout(value: number): number {
  return value <= MAX_TIMEOUT_IN_SECONDS ? value * 1000 : value
}
