import { readFileSync } from "node:fs"
import { type ConnectionOptions, credsAuthenticator } from "nats"
import { pingOptions } from "../ping-options.ts"
import { ConfigError } from "./config.ts"
import type { FileConfig } from "./config-file.ts"

const RECONNECT_WAIT_MS = 500

/** How to connect to NATS: it never gives up, even if no server is there at first. Throws a `ConfigError`. */
export function natsOptions(config: FileConfig): ConnectionOptions {
  const urls = (config.natsUrl ?? "nats://127.0.0.1:4222").split(",").map((url) => parseUrl(url.trim()))
  const { natsCert: certFile, natsKey: keyFile, natsRootCAs = [] } = config
  if (Boolean(certFile) !== Boolean(keyFile)) {
    throw new ConfigError(certFile ? "natsKey" : "natsCert", "", "certificate and key are both required")
  }
  const needsTls = Boolean(certFile) || natsRootCAs.length > 0 || urls.some(({ protocol }) => protocol === "tls:")
  const [{ username = "", password = "" } = {}] = urls.filter((url) => url.username !== "")
  return {
    name: "gateway",
    servers: urls.map(({ host }) => host),
    maxReconnectAttempts: -1,
    ...pingOptions,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    waitOnFirstConnect: true,
    ...(needsTls ? { tls: tlsOptions(certFile, keyFile, natsRootCAs) } : {}),
    ...(config.natsCreds ? { authenticator: credsAuthenticator(readFileSync(config.natsCreds)) } : {}),
    ...(username && password ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : {}),
    ...(username && !password ? { token: decodeURIComponent(username) } : {}),
  }
}

function tlsOptions(certFile: string | undefined, keyFile: string | undefined, rootFiles: readonly string[]): object {
  return {
    ...(certFile ? { certFile } : {}),
    ...(keyFile ? { keyFile } : {}),
    ...(rootFiles.length > 0 ? { ca: rootFiles.map((file) => readFileSync(file, "utf8")).join("\n") } : {}),
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text.includes("://") ? text : `nats://${text}`)
  } catch {
    throw new ConfigError("natsUrl", text.replace(/[^/]*@/, "***@"), "must be like nats://host:4222")
  }
}
