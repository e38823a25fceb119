import { readFileSync, writeFileSync } from "node:fs"
import { ConfigError, type GatewayConfig } from "./config.ts"

/** Resgate's configuration file: the gateway's settings and how to reach NATS. */
export interface FileConfig extends GatewayConfig {
  /** Default `nats://127.0.0.1:4222`. Separate several URLs with commas. */
  readonly natsUrl?: string
  /** File with user credentials. */
  readonly natsCreds?: string
  /** Files with the client's certificate and key; both or none. */
  readonly natsCert?: string
  readonly natsKey?: string
  /** Files with CA certificates. */
  readonly natsRootCAs?: readonly string[]
  readonly debug?: boolean
  readonly trace?: boolean
  /** Has no effect here: the size of Resgate's queue of incoming messages. */
  readonly bufferSize?: number
}

/** Keys of this gateway. Resgate does not know and ignores them. */
type OwnKey =
  | "metricsAddr"
  | "allowNullOrigin"
  | "allowHost"
  | "maxSubscriptions"
  | "maxConnections"
  | "maxConnectionsPerAddress"
  | "trustedProxies"

type SettingType = "string" | "optionalString" | "integer" | "boolean" | "strings"

/** All keys: first Resgate's, in the order in which it writes them, then the gateway's own. */
const SETTING_TYPES: Readonly<Record<keyof FileConfig, SettingType>> = {
  natsUrl: "string",
  natsCreds: "string",
  natsCert: "string",
  natsKey: "string",
  natsRootCAs: "strings",
  requestTimeout: "integer",
  bufferSize: "integer",
  debug: "boolean",
  trace: "boolean",
  addr: "optionalString",
  port: "integer",
  wsPath: "string",
  apiPath: "string",
  metricsPort: "integer",
  apiEncoding: "string",
  headerAuth: "optionalString",
  wsHeaderAuth: "optionalString",
  allowOrigin: "optionalString",
  putMethod: "optionalString",
  deleteMethod: "optionalString",
  patchMethod: "optionalString",
  tls: "boolean",
  certFile: "string",
  keyFile: "string",
  wsCompression: "boolean",
  resetThrottle: "integer",
  referenceThrottle: "integer",
  metricsAddr: "string",
  allowNullOrigin: "boolean",
  allowHost: "string",
  maxSubscriptions: "integer",
  maxConnections: "integer",
  maxConnectionsPerAddress: "integer",
  trustedProxies: "strings",
}

/** What Resgate writes into a new file. */
const DEFAULTS: Required<Omit<FileConfig, OwnKey>> = {
  natsUrl: "nats://127.0.0.1:4222",
  natsCreds: "",
  natsCert: "",
  natsKey: "",
  natsRootCAs: [],
  requestTimeout: 3000,
  bufferSize: 8192,
  debug: false,
  trace: false,
  addr: "0.0.0.0",
  port: 8080,
  wsPath: "/",
  apiPath: "/api",
  metricsPort: 0,
  apiEncoding: "json",
  headerAuth: null,
  wsHeaderAuth: null,
  allowOrigin: "*",
  putMethod: null,
  deleteMethod: null,
  patchMethod: null,
  tls: false,
  certFile: "",
  keyFile: "",
  wsCompression: false,
  resetThrottle: 0,
  referenceThrottle: 0,
}

/** A configuration, and its keys that are ignored. */
export interface ReadConfig {
  readonly config: FileConfig
  readonly unknownKeys: readonly string[]
}

/** Reads the file. If there is none, it writes one with the defaults, like Resgate. Throws a `ConfigError`. */
export function readConfigFile(file: string): ReadConfig {
  let text: string
  try {
    text = readFileSync(file, "utf8")
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error
    writeFileSync(file, JSON.stringify(DEFAULTS, null, "\t"))
    return { config: {}, unknownKeys: [] }
  }
  return parseConfig(text)
}

/**
 * Parses a configuration and checks the types of all settings. The case of keys is ignored. Null means the default, and so do 0
 * and an empty text for settings where they would be invalid.
 */
export function parseConfig(text: string): ReadConfig {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new ConfigError("configuration", text.slice(0, 40), `must be JSON (${String(error)})`)
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ConfigError("configuration", text.slice(0, 40), "must be a JSON object")
  }
  const names = new Map(Object.keys(SETTING_TYPES).map((name) => [name.toLowerCase(), name as keyof FileConfig]))
  const config: Record<string, unknown> = {}
  const unknownKeys: string[] = []
  for (const [key, value] of Object.entries(parsed)) {
    const name = names.get(key.toLowerCase())
    if (name === undefined) unknownKeys.push(key)
    else if (value !== null) config[name] = checked(name, value)
  }
  for (const name of ["port", "requestTimeout", "natsUrl"]) if (!config[name]) delete config[name]
  return { config, unknownKeys }
}

function checked(name: keyof FileConfig, value: unknown): unknown {
  switch (SETTING_TYPES[name]) {
    case "string":
    case "optionalString":
      if (typeof value === "string") return value
      throw new ConfigError(name, JSON.stringify(value), "must be a string")
    case "integer":
      if (Number.isInteger(value)) return value
      throw new ConfigError(name, JSON.stringify(value), "must be a whole number")
    case "boolean":
      if (typeof value === "boolean") return value
      throw new ConfigError(name, JSON.stringify(value), "must be true or false")
    case "strings":
      if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value
      throw new ConfigError(name, JSON.stringify(value), "must be a list of strings")
  }
}
