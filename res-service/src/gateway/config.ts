import { isIP } from "node:net"
import { type ClientAddresses, clientAddresses } from "../client-address.ts"
import { HostNames } from "../host-names.ts"
import { isValidName, isValidPart } from "../rid.ts"
import { type ApiEncoding, apiEncodings } from "./api-encoding.ts"
import { Origins } from "./origins.ts"

const DEFAULT_PORT = 8080
const DEFAULT_REQUEST_TIMEOUT_MS = 3000
/** What a page shows is a few dozen resources; a program that follows hundreds of things has room. */
const DEFAULT_MAX_SUBSCRIPTIONS = 1000
/** Several pages of each of a thousand people behind one address. */
const DEFAULT_MAX_CONNECTIONS_PER_ADDRESS = 12_000
/** What one process serves with memory to spare. */
const DEFAULT_MAX_CONNECTIONS = 20_000
/** Resgate once took seconds: what is as small as this still means them. */
const MAX_TIMEOUT_IN_SECONDS = 10

/**
 * The gateway's settings, named as in Resgate's configuration file, with its defaults.
 *
 * Source: Resgate 1.8.0, configuration.
 */
export interface GatewayConfig {
  /** IP address to listen on; empty: all. Default `0.0.0.0`. */
  readonly addr?: string | null
  /** Default 8080. When given in code, 0 means any free port. */
  readonly port?: number
  /** Default `/`. */
  readonly wsPath?: string
  /** Default `/api/`. */
  readonly apiPath?: string
  /** Of resources over HTTP; default `json`. */
  readonly apiEncoding?: string
  /** Method `<rid>.<method>` of an auth request ahead of every HTTP request. */
  readonly headerAuth?: string | null
  /** The same ahead of every WebSocket upgrade. */
  readonly wsHeaderAuth?: string | null
  /** `*` (default), or origins divided by semicolons. */
  readonly allowOrigin?: string | null
  /**
   * Whether origins that `allowOrigin` lists let in `null` too: a page from a file, but also any site's sandboxed frame. Default
   * true, as in Resgate, which does not know this setting.
   */
  readonly allowNullOrigin?: boolean
  /**
   * `*` (default), or host names divided by semicolons. A browser's page reads over HTTP only by one of these names, an address, or
   * localhost; so no stranger's name can be pointed at the gateway (DNS rebinding). Resgate does not know this setting.
   */
  readonly allowHost?: string
  /** Methods that are called for HTTP PUT, DELETE and PATCH. */
  readonly putMethod?: string | null
  readonly deleteMethod?: string | null
  readonly patchMethod?: string | null
  /** Per-message compression; default false. */
  readonly wsCompression?: boolean
  /** For a service's answer, in milliseconds; default 3000. Up to 10 it means seconds. */
  readonly requestTimeout?: number
  /** Parallel requests that one system reset may cause; default 0: any number. */
  readonly resetThrottle?: number
  /** Parallel requests when following references; default 0: any number. */
  readonly referenceThrottle?: number
  /** Default 0: no metrics. */
  readonly metricsPort?: number
  /**
   * Most resources that a connection may be subscribed to at a time, those not counted that they refer to; further ones are refused
   * with `system.subscriptionLimitExceeded`. Default 1,000; 0: any number. Resgate does not know this setting.
   */
  readonly maxSubscriptions?: number
  /** Most connections at a time; further ones are closed at once. Default 20,000; 0: any number. Resgate does not know this setting. */
  readonly maxConnections?: number
  /**
   * Most WebSockets of one client address (of IPv6: of one /64); further ones are refused with 429. Default 12,000; 0: any number.
   * Resgate does not know this setting.
   */
  readonly maxConnectionsPerAddress?: number
  /**
   * Addresses and networks of reverse proxies, whose `X-Forwarded-For` tells a client's address. Default: none. Resgate does not know
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
  /** From HTTP method to the method that is called. */
  readonly mappedMethods: ReadonlyMap<string, string>
  readonly wsCompression: boolean
  readonly requestTimeoutMs: number
  readonly resetThrottle: number
  readonly referenceThrottle: number
  readonly metricsPort: number
  /** Infinity: any number; so are the two that follow. */
  readonly maxSubscriptions: number
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly addresses: ClientAddresses
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
}

/** A setting that the gateway can't start with. The message names it, its value and what is expected. */
export class ConfigError extends Error {
  override readonly name = "ConfigError"

  constructor(setting: string, value: unknown, expected: string) {
    super(`invalid ${setting} setting (${String(value)}): ${expected}`)
  }
}

/** Throws a `ConfigError` for what Resgate refuses. */
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
    throw new ConfigError("allowOrigin", value, `${reason}; valid are *, or origins divided by semicolons`)
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
