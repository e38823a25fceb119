import { readFileSync } from "node:fs"
import { isIP } from "node:net"
import { z } from "zod"

/**
 * Every setting of every process: one environment variable each, with its default and meaning.
 * `docs/settings.md` is made from this table and a test holds the two together.
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
    "Where browsers reach the gateway; `same-origin`: at the address that served the page, where a proxy has both; when unset, GATEWAY_PORT on that host.",
  ),
  NATS_HOST: setting(
    ipAddress(),
    undefined,
    "Address that nats-server listens on. When unset: HOST; with `AUTH=none`, where NATS has no logins: this machine only.",
  ),
  NATS_PORT: setting(port(), 4222, "Port of the nats-server that `npm start` runs."),
  DATA_DIR: setting(z.string().min(1), "./data", "Folder of JetStream's files, made when missing."),
  NATS_URL: secret(
    url("nats:", "tls:"),
    "A running nats-server (>= 2.12, JetStream on), with its login; without it `npm start` runs one.",
  ),
  ALLOW_OPEN_NATS: setting(
    flag(),
    false,
    "With AUTH other than none: start although NATS has no permissions that keep the roles of `config/nats.conf` apart.",
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
    "The issuer of the tokens that decide: none (everyone may do everything), Firebase, or an OpenID Connect issuer with keys at JWKS_URL.",
  ),
  FIREBASE_PROJECT_ID: setting(
    z.string().regex(/^[a-z0-9:.-]+$/, "expected a project ID"),
    undefined,
    "With `AUTH=firebase`: the project whose ID tokens count.",
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
    "With `AUTH=jwks`: where the issuer's public keys are, a JSON Web Key Set.",
  ),
  JWT_ISSUER: setting(z.string(), undefined, "With `AUTH=jwks`: the claim `iss` that tokens must have."),
  JWT_AUDIENCE: setting(z.string(), undefined, "With `AUTH=jwks`: the claim `aud` that tokens must have."),
  JWT_CLAIM_PREFIX: setting(
    z.string(),
    "",
    "With `AUTH=jwks`: what stands before the names of the claims `role`, `shops`, `shopper_id`, as in `https://shop.example/`.",
  ),
  TOKEN_MAX_DAYS: setting(
    number({ min: 1, max: 3650 }),
    30,
    "Most days that a token counts after its issue, whatever its `exp` says. The service remembers as long what a newer token or `revoke` took from a user.",
  ),
  AUTH_COOKIE: setting(
    z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, "expected a cookie's name"),
    undefined,
    "The cookie in which a browser may bring its token where it cannot set headers: for a WebSocket to the gateway, and for a stream of the edge; from pages of CORS_ORIGINS only.",
  ),
  LOG_LEVEL: setting(z.enum(["trace", "debug", "info", "warn", "error"]), "info", "Least level that is logged."),
  NODE_ENV: setting(z.enum(["development", "production", "test"]), "development", "In production logs are JSON lines."),
  STREAM_MAX_AGE_DAYS: setting(
    number({ min: 0 }),
    30,
    "Days that the stream UPDATES keeps an event; 0 keeps it for good.",
  ),
  STREAM_MAX_MIB: setting(
    number({ min: 0 }),
    0,
    "Size in MiB from which the stream UPDATES drops its oldest events; 0 sets no limit.",
  ),
  STRICT_EVENTS: setting(
    flag(),
    false,
    "Refuse events that differ from the first table of docs/publish.md, instead of normalising times, numbers as text and UUIDs without dashes.",
  ),
  SESSION_IDLE_HOURS: setting(
    number({ min: 1, max: 8760 }),
    24,
    "Hours after which a shared session that nobody changes is forgotten.",
  ),
  SESSIONS_MAX_MIB: setting(
    number({ min: 1 }),
    1024,
    "Most MiB of all shared sessions in NATS; when little is left, nobody can start another session.",
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
    "The only subprotocol that old storefronts may offer; when unset, their first offer is taken.",
  ),
  LEGACY_MAX_SOCKETS_PER_ADDRESS: setting(
    number({ min: 1 }),
    10_000,
    "Sockets of the old protocol from one address; further ones are refused with 429.",
  ),
  LEGACY_CUSTOMER_BINDING: setting(
    z.enum(["socket", "session"], "expected socket or session"),
    "socket",
    "Whether a customerId works only on the connection that it was given to (socket), or on any of its session.",
  ),
  MONGO_URL: secret(
    z.string().regex(/^mongodb(\+srv)?:\/\/\S+$/, "expected a URL with mongodb: or mongodb+srv:"),
    "The MongoDB to archive events in; without it nothing is archived. The database is the one in its path, else `shopwire`.",
  ),
  MONGO_TIMEOUT_MS: setting(
    number({ min: 100, max: 600_000 }),
    10_000,
    "Time in ms for MongoDB to be found, and to answer, before the archiver tries again, or the service answers that it is away.",
  ),
  ARCHIVE_MAX_AGE_DAYS: setting(
    number(),
    0,
    "Days that the archive keeps an event, and a basket after its last one; 0 keeps them for good.",
  ),
  ARCHIVE_TAKEOVER_SECONDS: setting(
    number({ min: 1, max: 3600 }),
    15,
    "Seconds after which other archivers take over what one that died had in hand.",
  ),
  REQUEST_TIMEOUT_MS: setting(
    number({ min: 100, max: 60_000 }),
    5000,
    "Time in ms that the edge gives the service to answer.",
  ),
  CORS_ORIGINS: setting(
    list(origin(), "expected origins as https://shop.example with commas between, or *"),
    undefined,
    "Origins whose pages may use the edge, with commas between, or `*`, and with `AUTH=none` also the gateway that `npm start` runs. When unset, browsers let no other origin's page read answers; any may open an old WebSocket, but with `AUTH=none` none may do anything.",
  ),
  PUBLIC_HOSTS: setting(
    list(hostName(), "expected host names as shop.example or shop.example:8443 with commas between"),
    undefined,
    "Names at which browsers reach the product, besides addresses and localhost, separated by commas. With `AUTH=none` pages at other names are refused, since anyone can point a DNS name here.",
  ),
  TRUSTED_PROXIES: setting(
    list(network(), "expected addresses or networks (10.0.0.0/8) with commas between"),
    undefined,
    "Addresses or networks of reverse proxies, with commas between, whose `X-Forwarded-For` tells a client's address.",
  ),
  RATE_PER_ADDRESS: setting(
    number(),
    10_000,
    "Most requests a second of one client address over 10 s, a publish counting as many as its events; 0 sets no limit.",
  ),
  RATE_PER_TOKEN: setting(
    number(),
    5000,
    "The same of one user, over all tokens and logins; at the edge, of one bearer token.",
  ),
  RATE_PER_CONNECTION: setting(number(), 1000, "The same of one WebSocket, to the gateway or an edge."),
  RATE_PER_SHOP: setting(
    number(),
    5000,
    "Most events a second that are stored for one shop, over 10 s; 0 sets no limit.",
  ),
  SESSION_STARTS_PER_ADDRESS: setting(
    number(),
    6000,
    "Most shared sessions that one client address may start in a minute; 0 sets no limit.",
  ),
  SESSION_STARTS_PER_CONNECTION: setting(number(), 60, "The same from one WebSocket."),
  LEGACY_NEW_SOCKETS_PER_MINUTE: setting(
    number(),
    20_000,
    "Most new sockets of the old protocol from one address in a minute; 0 sets no limit.",
  ),
  EDGE_URL: setting(
    url("http:", "https:"),
    undefined,
    "The edge that `npm run demo` plays against; when unset, EDGE_PORT on this machine.",
  ),
  DEMO_SEED: setting(
    number({ max: Number.MAX_SAFE_INTEGER - 1 }),
    1,
    "Seed of the demo: the same one, the same shoppers and actions.",
  ),
  DEMO_TOKEN: secret(z.string(), "A token that the demo publishes with, when AUTH asks for one."),
  STREAM_MAX_READERS: setting(
    number({ min: 1 }),
    5000,
    "Readers of `GET /stream/{shop_id}` at a time; further ones get 503.",
  ),
  STREAM_MAX_READERS_PER_USER: setting(
    number({ min: 1 }),
    500,
    "The same of one user, over all tokens; further ones get 429.",
  ),
  STREAM_MAX_READERS_PER_ADDRESS: setting(
    number({ min: 1 }),
    2000,
    "The same of one client address; further ones get 429.",
  ),
  STREAM_KEEP_SECONDS: setting(
    number({ min: 1, max: 3600 }),
    60,
    "Seconds that an admitted reader still gets events while the service does not answer whether it may read on.",
  ),
  EXPORT_MAX: setting(number({ min: 1 }), 40, "Exports (`GET /export/{shop_id}`) at a time; further ones get 503."),
  EXPORT_MAX_PER_USER: setting(number({ min: 1 }), 4, "The same of one user, over all tokens; further ones get 429."),
  EXPORT_MAX_PER_ADDRESS: setting(number({ min: 1 }), 10, "The same of one client address; further ones get 429."),
  MAX_CONNECTIONS: setting(
    number({ min: 1 }),
    20_000,
    "Most open connections to a port of the edge or of the embedded gateway, with WebSockets; further ones are closed at once.",
  ),
  MAX_CONNECTIONS_PER_ADDRESS: setting(
    number({ min: 1 }),
    12_000,
    "The same of one client address (trusted proxies excepted).",
  ),
  MAX_SUBSCRIPTIONS: setting(
    number({ min: 1 }),
    1000,
    "Most resources that one WebSocket may subscribe to at the embedded gateway; referenced resources do not count.",
  ),
}

export type SettingName = keyof typeof table

/** Every setting, in the order of the docs. */
export const settingNames = Object.keys(table) as SettingName[]

/** What `settingsDocs` says of one setting. */
export interface SettingDoc {
  readonly name: string
  /** Undefined: optional, unset by default. */
  readonly default: string | number | boolean | undefined
  readonly meaning: string
  /** May be read from a file, which `<name>_FILE` names. */
  readonly secret: boolean
}

type SettingValue<N extends SettingName> = (typeof table)[N] extends { schema: z.ZodType<infer V>; default: infer D }
  ? V | Extract<D, undefined>
  : never

/** The parsed values of some settings, by name. */
export type Settings<N extends SettingName> = { readonly [K in N]: SettingValue<K> }

/** A setting has a wrong value. The message is one line: variable, value, and what is expected. */
export class SettingError extends Error {
  override readonly name = "SettingError"
}

/**
 * Reads the named settings from the environment. An empty variable counts as unset. A secret `X` may also stand in the file
 * that `X_FILE` names.
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
      // What stands before an @ in a URL is a user and a password.
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

/** The value of a secret, in the environment or a file; without what an editor or `echo` leaves at a file's end. */
function secretText(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const file = env[`${name}_FILE`]
  if (file === undefined || file === "") return env[name]
  if (env[name]) throw new SettingError(`${name}_FILE=${JSON.stringify(file)}: expected not to be set beside ${name}`)
  try {
    return readFileSync(file, "utf8").trimEnd()
  } catch {
    throw new SettingError(`${name}_FILE=${JSON.stringify(file)}: expected a file that can be read`)
  }
}

function setting<S extends z.ZodType, D extends z.infer<S> | undefined>(schema: S, fallback: D, meaning: string) {
  return { schema, default: fallback, meaning, secret: false }
}

/** A setting that holds a password or key: also to be had from a file, and never shown. */
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

/** Things with commas between. */
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
  return z.string().refine((value) => isUrl(value, protocols), expected)
}

function isUrl(value: string, protocols: readonly string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol)
}

function isGatewayUrl(value: string): boolean {
  return value === "same-origin" || isUrl(value, ["ws:", "wss:"])
}
