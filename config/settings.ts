import { readFileSync } from "node:fs"
import { isIP } from "node:net"
import { z } from "zod"

/**
 * Every setting of every process: one environment variable each, with its default and meaning.
 * `npm run docs` makes `docs/settings.md` from this table, and a test compares the two.
 */
const table = {
  HOST: setting(
    ipAddress(),
    "127.0.0.1",
    "Address that edge, gateway and nats-server listen on (nats-server: see NATS_HOST).",
  ),
  EDGE_PORT: setting(port(), 8000, "Port of the edge: HTTP and the legacy WebSocket protocol."),
  GATEWAY_PORT: setting(port(), 8080, "Port of the gateway: RES over WebSocket, and its HTTP API."),
  PUBLIC_GATEWAY_URL: setting(
    z.string().refine(isGatewayUrl, "expected same-origin, or a URL with ws: or wss:"),
    undefined,
    "The URL at which browsers reach the gateway; `same-origin`: the address that served the page, with a proxy in front of both; when unset, GATEWAY_PORT on that host.",
  ),
  NATS_HOST: setting(
    ipAddress(),
    undefined,
    "Address that nats-server listens on. When unset: HOST; with `AUTH=none`, where NATS has no logins, this machine only.",
  ),
  NATS_PORT: setting(port(), 4222, "Port of the nats-server that `npm start` runs."),
  DATA_DIR: setting(z.string().min(1), "./data", "Folder for JetStream's files; created if it is missing."),
  NATS_URL: secret(
    list(url("nats:", "tls:"), "expected URLs with nats: or tls:, separated by commas"),
    "A running nats-server (>= 2.12, JetStream on), with its login, or the servers of a cluster, separated by commas; without it `npm start` runs one.",
  ),
  NATS_REPLICAS: setting(
    z.enum(["1", "3", "5"], "expected 1, 3 or 5").transform(Number),
    1,
    "On how many nats-servers of a cluster each stream and bucket is stored; the next start changes existing ones. The same for all processes.",
  ),
  ALLOW_OPEN_NATS: setting(
    flag(),
    false,
    "With AUTH other than none: start even if NATS has no permissions that separate the roles of `config/nats.conf`.",
  ),
  NATS_SERVER_BIN: setting(
    z.string().min(1),
    undefined,
    "The nats-server binary to run, instead of one that is found or built.",
  ),
  RESGATE_URL: setting(url("http:", "https:"), undefined, "A running Resgate to use as the gateway."),
  RESGATE_BIN: setting(
    z.string().min(1),
    undefined,
    "The resgate binary to run as the gateway; else `resgate` on PATH, else the embedded gateway.",
  ),
  AUTH: setting(
    z.enum(["none", "firebase", "jwks"], "expected none, firebase or jwks"),
    "none",
    "Whose tokens are accepted: `none`: no tokens, everyone may do everything; `firebase`: Firebase's; `jwks`: those of an OpenID Connect issuer with its keys at JWKS_URL.",
  ),
  FIREBASE_PROJECT_ID: setting(
    z.string().regex(/^[a-z0-9:.-]+$/, "expected a project ID"),
    undefined,
    "With `AUTH=firebase`: the project whose ID tokens are accepted.",
  ),
  AUTH_CHECK_REVOKED: setting(
    flag(),
    false,
    "With `AUTH=firebase`: also ask Firebase about disabled users, revoked tokens and changed claims; needs GOOGLE_APPLICATION_CREDENTIALS.",
  ),
  FIREBASE_API_KEY: setting(
    z.string(),
    undefined,
    "With `AUTH=firebase`: the project's web API key, with which the merchant's page signs in by e-mail and password; it is public.",
  ),
  JWKS_URL: setting(
    url("http:", "https:", "file:"),
    undefined,
    "With `AUTH=jwks`: the URL of the issuer's public keys, a JSON Web Key Set.",
  ),
  JWT_ISSUER: setting(z.string(), undefined, "With `AUTH=jwks`: the claim `iss` that tokens must have."),
  JWT_AUDIENCE: setting(z.string(), undefined, "With `AUTH=jwks`: the claim `aud` that tokens must have."),
  JWT_CLAIM_PREFIX: setting(
    z.string(),
    "",
    "With `AUTH=jwks`: the prefix of the claims `role`, `shops`, `shopper_id`, for example `https://shop.example/`.",
  ),
  TOKEN_MAX_DAYS: setting(
    number({ min: 1, max: 3650 }),
    30,
    "Most days that a token is valid after its issue, whatever its `exp` says. For the same time the service remembers the rights that a newer token or `revoke` took from a user.",
  ),
  AUTH_COOKIE: setting(
    z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, "expected a cookie's name"),
    undefined,
    "The cookie in which a browser may send its token where it cannot set headers: for WebSockets to the gateway, and for streams and exports of the edge; only from pages of CORS_ORIGINS.",
  ),
  METRICS_PORT: setting(
    port(),
    undefined,
    "Port at which each process shows its metrics, `GET /metrics`; when unset, there are none. `npm start` gives each process one: this port to the edge, the next ones to service, archiver and gateway.",
  ),
  METRICS_HOST: setting(ipAddress(), "127.0.0.1", "Address that METRICS_PORT listens on."),
  LOG_LEVEL: setting(z.enum(["trace", "debug", "info", "warn", "error"]), "info", "Least level that is logged."),
  ACCESS_LOG: setting(
    flag(),
    false,
    "Log each HTTP request of the edge, and each request to the service; those that fail or are slow are always logged.",
  ),
  SLOW_REQUEST_MS: setting(number({ min: 1 }), 1000, "A request that takes longer, in ms, is logged as slow."),
  NODE_ENV: setting(z.enum(["development", "production", "test"]), "development", "In production logs are JSON lines."),
  STREAM_MAX_AGE_DAYS: setting(
    number({ min: 0 }),
    30,
    "Days that the stream UPDATES keeps an event; 0 keeps it for good.",
  ),
  STREAM_MAX_MIB: setting(
    number({ min: 0 }),
    0,
    "Most MiB of the stream UPDATES, which then drops its oldest events; 0 sets no limit.",
  ),
  STRICT_EVENTS: setting(
    flag(),
    false,
    "Refuse events that differ from the first table of docs/publish.md, instead of normalising times, numbers as text and UUIDs without dashes.",
  ),
  SESSION_IDLE_HOURS: setting(
    number({ min: 1, max: 8760 }),
    24,
    "Hours after its last change when a shared session is deleted.",
  ),
  SESSIONS_MAX_MIB: setting(
    number({ min: 1 }),
    1024,
    "Most MiB of all shared sessions in NATS; when little is left, no new session can be started.",
  ),
  SESSIONS_MEMORY_MIB: setting(
    number({ min: 1 }),
    64,
    "Most MiB (as JSON) of shared sessions in the service's memory; it reads the least recently used ones from NATS again.",
  ),
  LEGACY_PORT: setting(port(), undefined, "A further port for the old WebSocket protocol alone."),
  PROTOCOL: setting(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "expected a name of a WebSocket subprotocol"),
    undefined,
    "The only subprotocol that old storefronts may offer; when unset, their first offer is accepted.",
  ),
  LEGACY_MAX_SOCKETS_PER_ADDRESS: setting(
    number({ min: 1 }),
    10_000,
    "Most sockets of the old protocol from one address; further ones get 429.",
  ),
  LEGACY_CUSTOMER_BINDING: setting(
    z.enum(["socket", "session"], "expected socket or session"),
    "socket",
    "Whether a customerId works only on the connection that received it (`socket`), or on any connection of its session (`session`).",
  ),
  MONGO_URL: secret(
    z.string().regex(/^mongodb(\+srv)?:\/\/\S+$/, "expected a URL with mongodb: or mongodb+srv:"),
    "The MongoDB to archive events in; without it nothing is archived. The database is the one in its path, else `shopwire`.",
  ),
  MONGO_TIMEOUT_MS: setting(
    number({ min: 100, max: 600_000 }),
    10_000,
    "Time in ms to find MongoDB, and for its answers; then the archiver tries again, and the service answers 503. The service gives up finding it after 2 s.",
  ),
  ARCHIVE_MAX_AGE_DAYS: setting(
    number(),
    0,
    "Days that the archive keeps an event, and a basket after its last event; 0 keeps them for good.",
  ),
  ARCHIVE_TAKEOVER_SECONDS: setting(
    number({ min: 1, max: 3600 }),
    15,
    "Seconds after which other archivers take over the unfinished work of one that died.",
  ),
  REQUEST_TIMEOUT_MS: setting(
    number({ min: 100, max: 60_000 }),
    5000,
    "Time in ms that the edge gives the service to answer.",
  ),
  CORS_ORIGINS: setting(
    list(origin(), "expected origins such as https://shop.example, separated by commas, or *"),
    undefined,
    "Origins whose pages may use the edge, separated by commas, or `*`; with `AUTH=none` also the gateway that `npm start` runs. When unset, browsers let no page of another origin read answers; such pages may open WebSockets of the old protocol, but with `AUTH=none` they are refused everything.",
  ),
  PUBLIC_HOSTS: setting(
    list(hostName(), "expected host names such as shop.example or shop.example:8443, separated by commas"),
    undefined,
    "Host names at which browsers reach the product, besides addresses and localhost, separated by commas. With `AUTH=none` pages at other names are refused, since anyone can point a DNS name at this machine.",
  ),
  TRUSTED_PROXIES: setting(
    list(network(), "expected addresses or networks (10.0.0.0/8), separated by commas"),
    undefined,
    "Addresses or networks of reverse proxies, separated by commas; their `X-Forwarded-For` is trusted to name the client's address.",
  ),
  RATE_PER_ADDRESS: setting(
    number(),
    50_000,
    "Most requests per second of one client address, averaged over 10 s; a publish counts once per event. 0 sets no limit.",
  ),
  RATE_PER_TOKEN: setting(
    number(),
    25_000,
    "The same for one user, over all tokens and logins; at the edge, for one bearer token.",
  ),
  RATE_PER_CONNECTION: setting(number(), 1000, "The same for one WebSocket, to the gateway or an edge."),
  RATE_PER_SHOP: setting(
    number(),
    25_000,
    "Most events per second stored for one shop, averaged over 10 s; 0 sets no limit.",
  ),
  SESSION_STARTS_PER_ADDRESS: setting(
    number(),
    6000,
    "Most shared sessions that one client address may start per minute; 0 sets no limit.",
  ),
  SESSION_STARTS_PER_CONNECTION: setting(number(), 60, "The same from one WebSocket."),
  LEGACY_NEW_SOCKETS_PER_MINUTE: setting(
    number(),
    20_000,
    "Most new sockets of the old protocol from one address per minute; 0 sets no limit.",
  ),
  EDGE_URL: setting(
    url("http:", "https:"),
    undefined,
    "The edge that `npm run demo` and `npx --no -- shopwire` use; when unset, EDGE_PORT on this machine.",
  ),
  SHOPWIRE_TOKEN: secret(z.string(), "The token that `npx --no -- shopwire` sends with its requests."),
  DEMO_SEED: setting(
    number({ max: Number.MAX_SAFE_INTEGER - 1 }),
    1,
    "Seed of the demo: the same seed gives the same shoppers and actions.",
  ),
  DEMO_TOKEN: secret(z.string(), "The token with which the demo publishes; needed if AUTH is not none."),
  STREAM_MAX_READERS: setting(
    number({ min: 1 }),
    5000,
    "Most readers of `GET /stream/{shop_id}` at a time; further ones get 503.",
  ),
  STREAM_MAX_READERS_PER_USER: setting(
    number({ min: 1 }),
    500,
    "The same for one user, over all tokens; further ones get 429.",
  ),
  STREAM_MAX_READERS_PER_ADDRESS: setting(
    number({ min: 1 }),
    2000,
    "The same for one client address; further ones get 429.",
  ),
  STREAM_KEEP_SECONDS: setting(
    number({ min: 1, max: 3600 }),
    60,
    "Seconds for which an admitted reader still gets events while the service does not answer whether it may.",
  ),
  EXPORT_MAX: setting(
    number({ min: 1 }),
    40,
    "Most exports (`GET /export/{shop_id}`) at a time; further ones get 503.",
  ),
  EXPORT_MAX_PER_USER: setting(number({ min: 1 }), 4, "The same for one user, over all tokens; further ones get 429."),
  EXPORT_MAX_PER_ADDRESS: setting(number({ min: 1 }), 10, "The same for one client address; further ones get 429."),
  MAX_CONNECTIONS: setting(
    number({ min: 1 }),
    20_000,
    "Most open connections to each port of the edge and of the embedded gateway, WebSockets included; further ones are closed at once.",
  ),
  MAX_CONNECTIONS_PER_ADDRESS: setting(
    number({ min: 1 }),
    12_000,
    "The same for one client address, except for trusted proxies.",
  ),
  MAX_SUBSCRIPTIONS: setting(
    number({ min: 1 }),
    1000,
    "Most resources to which one WebSocket may subscribe at the embedded gateway; referenced resources do not count.",
  ),
}

export type SettingName = keyof typeof table

/** Every setting, in the order of the docs. */
export const settingNames = Object.keys(table) as SettingName[]

/** What `settingsDocs` returns for one setting. */
export interface SettingDoc {
  readonly name: string
  /** Undefined: optional, unset by default. */
  readonly default: string | number | boolean | undefined
  readonly meaning: string
  /** It may also be read from the file that `<name>_FILE` names. */
  readonly secret: boolean
}

type SettingValue<N extends SettingName> = (typeof table)[N] extends { schema: z.ZodType<infer V>; default: infer D }
  ? V | Extract<D, undefined>
  : never

/** The parsed values of some settings, by name. */
export type Settings<N extends SettingName> = { readonly [K in N]: SettingValue<K> }

/** A setting has a wrong value, or names something that cannot be used. The message is one line: variable, value, and what is expected. */
export class SettingError extends Error {
  override readonly name = "SettingError"
}

/**
 * Reads the named settings from the environment. An empty variable counts as unset. A secret `X` may also come from the file that
 * `X_FILE` names.
 *
 * @throws {SettingError} at the first wrong value
 */
export function loadSettings<N extends SettingName>(
  names: readonly N[],
  env: NodeJS.ProcessEnv = process.env,
): Settings<N> {
  const settings: Record<string, unknown> = {}
  for (const name of names) {
    const { schema, default: fallback, secret } = table[name]
    const text = secret ? secretText(name, env) : env[name]
    if (text === undefined || text === "") {
      settings[name] = fallback
      continue
    }
    const parsed = schema.safeParse(text)
    if (!parsed.success) {
      const expected = parsed.error.issues.map((issue) => issue.message).join("; ")
      // The part of a URL before an @ is a user and a password.
      const shown = secret ? "***" : JSON.stringify(text.replace(/^.*@/s, "***@"))
      throw new SettingError(`${name}=${shown}: ${expected}`)
    }
    settings[name] = parsed.data
  }
  return settings as Settings<N>
}

export function settingsDocs(): SettingDoc[] {
  return Object.entries(table).map(([name, { default: fallback, meaning, secret }]) => ({
    name,
    default: fallback,
    meaning,
    secret,
  }))
}

/** The value of a secret, from the environment or a file, without a line end that an editor or `echo` leaves. */
function secretText(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const file = env[`${name}_FILE`]
  if (file === undefined || file === "") return env[name]
  if (env[name])
    throw new SettingError(`${name}_FILE=${JSON.stringify(file)}: expected not to be set together with ${name}`)
  try {
    return readFileSync(file, "utf8").trimEnd()
  } catch {
    throw new SettingError(`${name}_FILE=${JSON.stringify(file)}: expected a readable file`)
  }
}

function setting<S extends z.ZodType, D extends z.infer<S> | undefined>(schema: S, fallback: D, meaning: string) {
  return { schema, default: fallback, meaning, secret: false }
}

/** A setting that holds a password or key: it may come from a file, and is never shown. */
function secret<S extends z.ZodType>(schema: S, meaning: string) {
  return { schema, default: undefined, meaning, secret: true }
}

function number({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) {
  const expected =
    max === Number.MAX_SAFE_INTEGER
      ? `expected a whole number from ${min}`
      : `expected a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d+$/, expected)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expected)
}

function flag() {
  return z.enum(["true", "false"], "expected true or false").transform((text) => text === "true")
}

function port() {
  return number({ min: 1, max: 65_535 })
}

function ipAddress() {
  return z.string().refine((value) => isIP(value) !== 0, "expected an IPv4 or IPv6 address")
}

/** A list, separated by commas. */
function list(each: z.ZodType<string>, expected: string) {
  return z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .refine((parts) => parts.every((part) => each.safeParse(part).success), expected)
}

function origin() {
  return z.string().refine((text) => text === "*" || (URL.canParse(text) && new URL(text).origin === text))
}

/** A name, with or without a port. */
function hostName() {
  return z.string().regex(/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?::\d{1,5})?$/)
}

function network() {
  return z.string().refine((text) => {
    const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
    return isIP(address) !== 0 && Number(bits ?? 0) <= (isIP(address) === 6 ? 128 : 32)
  })
}

function url(...protocols: string[]) {
  const expected = `expected a URL with ${protocols.join(" or ")}`
  return z
    .string()
    .refine((value) => isUrl(value, protocols), expected)
    .refine(
      (value) => !isUrl(value, ["http:", "https:"]) || !hasLogin(value),
      "expected a URL without a user and password, which cannot be sent this way",
    )
}

/** Whether a URL names a user or has a password. */
export function hasLogin(url: string): boolean {
  const { username, password } = new URL(url)
  return username !== "" || password !== ""
}

function isUrl(value: string, protocols: readonly string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol)
}

function isGatewayUrl(value: string): boolean {
  return value === "same-origin" || isUrl(value, ["ws:", "wss:"])
}
