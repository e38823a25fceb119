import { readFileSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import type { Settings } from "../../config/settings.ts"
import { auth } from "../../contract/shopwire.ts"
import type { ChildProgram } from "./child.ts"
import type { DataDir } from "./data-dir.ts"
import type { GatewayChoice } from "./gateway-choice.ts"
import { allowedPages } from "./page-origins.ts"
import { nodeProgram } from "./processes.ts"

/** A gateway to run. */
export type OwnGateway = Exclude<GatewayChoice, { readonly kind: "running" }>

export interface GatewayProgramOptions {
  readonly name: string
  readonly choice: OwnGateway
  /** With the gateway's login; several separated by commas. */
  readonly natsUrl: string
  readonly port: number
  /** Undefined: no metrics. */
  readonly metricsPort: number | undefined
  readonly settings: Settings<
    | "AUTH"
    | "HOST"
    | "METRICS_HOST"
    | "EDGE_PORT"
    | "GATEWAY_PORT"
    | "PUBLIC_HOSTS"
    | "CORS_ORIGINS"
    | "MAX_CONNECTIONS"
    | "MAX_CONNECTIONS_PER_ADDRESS"
    | "MAX_SUBSCRIPTIONS"
    | "TRUSTED_PROXIES"
  >
  readonly dataDir: DataDir
  /** As that of `nodeProgram`. */
  readonly compiled?: boolean | undefined
}

/**
 * Writes a gateway's configuration to DATA_DIR: `resgate.config.json` with the URL of NATS and the admitted pages. Returns how to run it.
 */
export function gatewayProgram(options: GatewayProgramOptions): ChildProgram {
  const { name, choice, natsUrl, port, metricsPort, settings, dataDir, compiled } = options
  // The URL may hold a password, and every user of the machine can read command lines.
  const file = `${name}.config.json`
  const common = JSON.parse(readFileSync(join(projectDir, "resgate.config.json"), "utf8"))
  const pages = settings.AUTH === "none" ? allowedPages(settings) : {}
  // Only the embedded gateway knows these.
  const limits = {
    maxConnections: settings.MAX_CONNECTIONS,
    maxConnectionsPerAddress: settings.MAX_CONNECTIONS_PER_ADDRESS,
    maxSubscriptions: settings.MAX_SUBSCRIPTIONS,
    trustedProxies: settings.TRUSTED_PROXIES ?? [],
  }
  // Resgate shows its metrics at its own address, which may be open to strangers.
  const isShown = metricsPort !== undefined && (choice.kind === "embedded" || settings.HOST === settings.METRICS_HOST)
  const metrics = isShown ? { metricsPort, metricsAddr: settings.METRICS_HOST } : {}
  dataDir.writeJson(file, { ...common, ...pages, ...limits, ...metrics, natsUrl })
  const flags = ["--config", dataDir.file(file), "--addr", settings.HOST, "--port", String(port)]
  // With these the service learns the address of each connection. With AUTH=none it also checks pages that Resgate's own list admits.
  flags.push("--headauth", `${auth.name({})}.header`, "--wsheadauth", `${auth.name({})}.wsHeader`)
  return choice.kind === "resgate"
    ? { name, file: choice.file, args: flags }
    : { name, ...nodeProgram("res-service/src/gateway/main", flags, compiled) }
}
