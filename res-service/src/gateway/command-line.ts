import type { FileConfig } from "./config-file.ts"

/** The parsed command line. */
export interface CommandLine {
  readonly action: "run" | "help" | "version"
  readonly configFile: string | undefined
  /** Settings that override those of the file. */
  readonly overrides: FileConfig
}

/** An invalid command line. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

interface Flag {
  /** Long name, then short ones. */
  readonly names: readonly string[]
  readonly value?: string
  readonly help: string
  readonly apply: (found: Found, value: string) => void
}

interface Found {
  action: CommandLine["action"]
  configFile: string | undefined
  readonly settings: Record<string, unknown>
}

/** Resgate's own flags. Source: Resgate 1.8.0, `resgate --help`. */
const FLAGS: readonly Flag[] = [
  setting("nats", ["n"], "url", "NATS Server URL (default: nats://127.0.0.1:4222)", "natsUrl"),
  setting("addr", ["i"], "host", "Bind to HOST address (default: 0.0.0.0)", "addr"),
  number("port", ["p"], "port", "HTTP port for client connections (default: 8080)", "port"),
  setting("wspath", ["w"], "path", "WebSocket path for clients (default: /)", "wsPath"),
  setting("apipath", ["a"], "path", "Web resource path for clients (default: /api/)", "apiPath"),
  number("reqtimeout", ["r"], "ms", "Timeout duration for NATS requests (default: 3000)", "requestTimeout"),
  optional("headauth", ["u"], "method", "Resource method for header authentication", "headerAuth"),
  optional("wsheadauth", ["t"], "method", "Resource method for WebSocket header authentication", "wsHeaderAuth"),
  number("metricsport", ["m"], "port", "HTTP port for OpenMetrics connections (default: disabled)", "metricsPort"),
  setting("apiencoding", [], "type", "Encoding for web resources: json, jsonflat (default: json)", "apiEncoding"),
  optional("putmethod", [], "method", "Call method name mapped to HTTP PUT requests", "putMethod"),
  optional("deletemethod", [], "method", "Call method name mapped to HTTP DELETE requests", "deleteMethod"),
  optional("patchmethod", [], "method", "Call method name mapped to HTTP PATCH requests", "patchMethod"),
  toggle("wscompression", [], "Enable WebSocket per message compression", ["wsCompression"]),
  number("resetthrottle", [], "limit", "Limit on parallel requests after a system reset", "resetThrottle"),
  number("referencethrottle", [], "limit", "Limit on parallel requests when following references", "referenceThrottle"),
  {
    names: ["config", "c"],
    value: "file",
    help: "Configuration file",
    apply: (found, value) => {
      found.configFile = value
    },
  },
  toggle("tls", [], "Enable TLS for HTTP", ["tls"]),
  setting("tlscert", [], "file", "HTTP server certificate file", "certFile"),
  setting("tlskey", [], "file", "Private key for HTTP server certificate", "keyFile"),
  setting("creds", [], "file", "NATS User Credentials file", "natsCreds"),
  setting("natscert", [], "file", "NATS Client certificate file", "natsCert"),
  setting("natskey", [], "file", "NATS Client certificate key file", "natsKey"),
  list("natsrootca", "file", "NATS Root CA file(s)", "natsRootCAs", (all) => all),
  list("alloworigin", "origin", "Allowed origin(s): *, or <scheme>://<hostname>[:<port>]", "allowOrigin", (all) =>
    all.join(";"),
  ),
  toggle("debug", ["D"], "Enable debugging output", ["debug"]),
  toggle("trace", ["V"], "Enable trace logging", ["trace"]),
  toggle("DV", [], "Debug and trace", ["debug", "trace"]),
  action("help", ["h"], "Show this message"),
  action("version", ["v"], "Show version"),
]

/**
 * Parses flags like Resgate: with one dash or two, and the value after a space or `=`. Everything after the last flag is ignored.
 * Throws a `UsageError`.
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const found: Found = { action: "run", configFile: undefined, settings: {} }
  for (let i = 0; i < args.length; i++) {
    const [, name, inline] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(args[i] ?? "") ?? []
    if (name === undefined) break
    const flag = FLAGS.find(({ names }) => names.includes(name))
    if (!flag) throw new UsageError(`flag provided but not defined: -${name}`)
    if (flag.value === undefined) flag.apply(found, inline ?? "true")
    else {
      const value = inline ?? args[++i]
      if (value === undefined) throw new UsageError(`flag needs an argument: -${name}`)
      flag.apply(found, value)
    }
  }
  return { action: found.action, configFile: found.configFile || undefined, overrides: found.settings }
}

/** What `--help` shows. */
export function usage(): string {
  const lines = FLAGS.map(({ names: [long = "", ...short], value, help }) => {
    const left = [...short.map((name) => `-${name}`), `${long === "DV" ? "-" : "--"}${long}`].join(", ")
    return `  ${(value ? `${left} <${value}>` : left).padEnd(32)} ${help}`
  })
  return ["Usage: gateway [options]", "", ...lines].join("\n")
}

function setting(name: string, short: string[], value: string, help: string, key: keyof FileConfig): Flag {
  return {
    names: [name, ...short],
    value,
    help,
    apply: (found, text) => {
      if (text !== "" || key === "addr") found.settings[key] = text
    },
  }
}

/** An empty value turns the setting off. */
function optional(name: string, short: string[], value: string, help: string, key: keyof FileConfig): Flag {
  return {
    names: [name, ...short],
    value,
    help,
    apply: (found, text) => {
      found.settings[key] = text === "" ? null : text
    },
  }
}

function number(name: string, short: string[], value: string, help: string, key: keyof FileConfig): Flag {
  return {
    names: [name, ...short],
    value,
    help,
    apply: (found, text) => {
      if (!/^-?\d+$/.test(text)) throw new UsageError(`invalid value "${text}" for flag -${name}: expected a number`)
      const max = key === "port" || key === "metricsPort" ? 65535 : Number.MAX_SAFE_INTEGER
      if (Number(text) > max) throw new UsageError(`Invalid ${name} "${text}": must be less than ${max + 1}`)
      if (Number(text) !== 0) found.settings[key] = Number(text)
    },
  }
}

function list(
  name: string,
  value: string,
  help: string,
  key: keyof FileConfig,
  join: (all: string[]) => unknown,
): Flag {
  let all: string[] = []
  return {
    names: [name],
    value,
    help,
    apply: (found, text) => {
      all = found.settings[key] === undefined ? [text] : [...all, text]
      found.settings[key] = join(all)
    },
  }
}

function toggle(name: string, short: string[], help: string, keys: (keyof FileConfig)[]): Flag {
  return {
    names: [name, ...short],
    help,
    apply: (found, text) => {
      if (!/^(true|false|1|0|t|f)$/i.test(text)) throw new UsageError(`invalid boolean value "${text}" for -${name}`)
      for (const key of keys) found.settings[key] = /^(true|1|t)$/i.test(text)
    },
  }
}

function action(name: "help" | "version", short: string[], help: string): Flag {
  return {
    names: [name, ...short],
    help,
    apply: (found) => {
      if (found.action === "run") found.action = name
    },
  }
}
