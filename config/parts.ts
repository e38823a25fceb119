import type { SettingName, Settings } from "./settings.ts"

/**
 * The settings of a part, and the options that it gets from them, in its own units. A program loads and passes on the settings of a part
 * as a whole, so a new setting of a part changes no program.
 */
export interface PartSettings<N extends SettingName, O> {
  readonly names: readonly N[]
  options(settings: Settings<N>): O
}

function part<const N extends SettingName, O>(
  names: readonly N[],
  options: (settings: Settings<N>) => O,
): PartSettings<N, O> {
  return { names, options }
}

/** All streams and buckets. */
export const storage = part(["NATS_REPLICAS"], (settings) => ({ replicas: settings.NATS_REPLICAS }))

/** Where a process shows its metrics; undefined: nowhere. */
export const metrics = part(["METRICS_PORT", "METRICS_HOST"], ({ METRICS_PORT: port, METRICS_HOST: host }) =>
  port === undefined ? undefined : { host, port },
)

/** Which requests are logged. */
export const requestLog = part(["ACCESS_LOG", "SLOW_REQUEST_MS"], (settings) => ({
  all: settings.ACCESS_LOG,
  slowMs: settings.SLOW_REQUEST_MS,
}))

/** The stream UPDATES. */
export const log = part(["STREAM_MAX_AGE_DAYS", "STREAM_MAX_MIB"], (settings) => ({
  maxAgeDays: settings.STREAM_MAX_AGE_DAYS,
  maxMiB: settings.STREAM_MAX_MIB,
}))

/** The archive as the service reads it; undefined without one. */
export const archive = part(["MONGO_URL", "MONGO_TIMEOUT_MS"], ({ MONGO_URL: url, MONGO_TIMEOUT_MS: timeoutMs }) =>
  url === undefined ? undefined : { url, timeoutMs },
)

export const sessions = part(
  ["SESSION_IDLE_HOURS", "SESSIONS_MAX_MIB", "SESSIONS_MEMORY_MIB", "LEGACY_CUSTOMER_BINDING"],
  (settings) => ({
    idleMs: settings.SESSION_IDLE_HOURS * 60 * 60 * 1000,
    maxBytes: settings.SESSIONS_MAX_MIB * 1024 * 1024,
    memoryBytes: settings.SESSIONS_MEMORY_MIB * 1024 * 1024,
    binding: settings.LEGACY_CUSTOMER_BINDING,
  }),
)

/** The service's rates of calls. */
export const callLimits = part(
  [
    "RATE_PER_ADDRESS",
    "RATE_PER_TOKEN",
    "RATE_PER_CONNECTION",
    "RATE_PER_SHOP",
    "SESSION_STARTS_PER_ADDRESS",
    "SESSION_STARTS_PER_CONNECTION",
  ],
  (settings) => ({
    perAddress: settings.RATE_PER_ADDRESS,
    perToken: settings.RATE_PER_TOKEN,
    perConnection: settings.RATE_PER_CONNECTION,
    perShop: settings.RATE_PER_SHOP,
    startsPerAddress: settings.SESSION_STARTS_PER_ADDRESS,
    startsPerConnection: settings.SESSION_STARTS_PER_CONNECTION,
  }),
)

/** The edge's rates of HTTP requests. */
export const httpRates = part(["RATE_PER_ADDRESS", "RATE_PER_TOKEN", "RATE_PER_SHOP"], (settings) => ({
  perAddress: settings.RATE_PER_ADDRESS,
  perToken: settings.RATE_PER_TOKEN,
  perShop: settings.RATE_PER_SHOP,
}))

/** The edge's door for old storefronts. */
export const legacyDoor = part(
  ["LEGACY_PORT", "PROTOCOL", "LEGACY_MAX_SOCKETS_PER_ADDRESS", "LEGACY_NEW_SOCKETS_PER_MINUTE"],
  (settings) => ({
    port: settings.LEGACY_PORT,
    protocol: settings.PROTOCOL,
    maxSocketsPerAddress: settings.LEGACY_MAX_SOCKETS_PER_ADDRESS,
    newSocketsPerMinute: settings.LEGACY_NEW_SOCKETS_PER_MINUTE,
  }),
)

/** How many streams an edge sends at a time. */
export const streamPlaces = part(
  ["STREAM_MAX_READERS", "STREAM_MAX_READERS_PER_USER", "STREAM_MAX_READERS_PER_ADDRESS"],
  (settings) => ({
    max: settings.STREAM_MAX_READERS,
    perUser: settings.STREAM_MAX_READERS_PER_USER,
    perAddress: settings.STREAM_MAX_READERS_PER_ADDRESS,
  }),
)

/** How many exports an edge sends at a time. */
export const exportPlaces = part(["EXPORT_MAX", "EXPORT_MAX_PER_USER", "EXPORT_MAX_PER_ADDRESS"], (settings) => ({
  max: settings.EXPORT_MAX,
  perUser: settings.EXPORT_MAX_PER_USER,
  perAddress: settings.EXPORT_MAX_PER_ADDRESS,
}))

/** How many connections an edge has at a time. */
export const connections = part(["MAX_CONNECTIONS", "MAX_CONNECTIONS_PER_ADDRESS"], (settings) => ({
  max: settings.MAX_CONNECTIONS,
  maxPerAddress: settings.MAX_CONNECTIONS_PER_ADDRESS,
}))
