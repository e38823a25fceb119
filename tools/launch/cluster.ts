import { randomBytes } from "node:crypto"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { metricsEnv } from "../../config/metrics-ports.ts"
import { projectDir } from "../../config/project-dir.ts"
import { loadSettings, type SettingName, type Settings, settingNames } from "../../config/settings.ts"
import { fetchCaddy, findCaddy, NO_CADDY } from "../install/caddy.ts"
import { findNatsServer, type NatsServer } from "../nats/nats-server.ts"
import { connectHost } from "./address.ts"
import type { Child, ChildProgram } from "./child.ts"
import { DataDir } from "./data-dir.ts"
import { chooseGateway } from "./gateway-choice.ts"
import { gatewayProgram, type OwnGateway } from "./gateway-program.ts"
import { keptPasswords, loginUrl, type NatsPasswords, type NatsRole } from "./nats-logins.ts"
import { natsProgram } from "./nats-program.ts"
import type { Output } from "./output.ts"
import { checkPorts, freePort } from "./ports.ts"
import { nodeProgram, Processes, READY_MS } from "./processes.ts"
import { httpAnswers } from "./readiness.ts"
import { StartError } from "./start-error.ts"

/** What nats-servers say while the others start. */
const STARTING = /Error trying to connect to route|Waiting for routing|not established contact with a meta leader/

/** What a process of the cluster does; `proxy` is Caddy. */
export type ClusterRole = "nats" | "service" | "archiver" | "gateway" | "edge" | "proxy"

/** How many processes of each role there are. */
export type ClusterSize = Readonly<Record<ClusterRole, number>>

/** One process among those of its role. */
export interface ClusterPlace {
  readonly role: ClusterRole
  /** 1 and up. */
  readonly number: number
}

/** The size that `npm start -- --cluster` runs. An archiver is added when MONGO_URL is set. */
export const DEFAULT_SIZE: ClusterSize = { nats: 3, service: 2, archiver: 0, gateway: 2, edge: 2, proxy: 1 }

/** One process of the cluster. It is started again when it dies, unless it was killed or stopped here. */
export interface ClusterProcess extends ClusterPlace {
  /** Where it listens; undefined for those that only connect to NATS. */
  readonly url: string | undefined
  /** Changes with each restart; undefined while it does not run. */
  readonly pid: number | undefined
  /** Does nothing if it runs. */
  start(): void
  /** By SIGTERM, and SIGKILL after 8 s. */
  stop(): Promise<void>
  /** By SIGKILL. It stays away until `start`. */
  kill(): Promise<void>
  /** `stop` and `start`. */
  restart(): Promise<void>
  /** By SIGSTOP, until `resume`. */
  pause(): void
  resume(): void
}

export interface ClusterOptions {
  readonly output: Output
  /** The settings, also those of the processes. NATS_REPLICAS is 3 when unset, if there are as many nats-servers. Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv
  /** On top of `DEFAULT_SIZE`. */
  readonly size?: Partial<ClusterSize>
  /** Most MiB that JetStream stores on each server. Default: what it finds to be free. */
  readonly maxStoreMiB?: number
  /** Runs the output of `npm run build`, which starts faster than sources; default: as this process runs. */
  readonly compiled?: boolean
  /** The URL by which a process reaches the nats-server `server`, for example through a proxy. Default: the server's own. */
  readonly natsUrl?: (url: string, place: ClusterPlace & { readonly server: number }) => string
  /** Changes how a process is run, for example its environment. */
  readonly adapt?: (program: ChildProgram, place: ClusterPlace) => ChildProgram
}

/**
 * The product as several processes on one machine: a NATS cluster, services, gateways and edges, behind one address. Edge and gateways
 * are reached through Caddy at EDGE_PORT of HOST; everything else listens on free ports. The data is in DATA_DIR.
 */
export class Cluster {
  readonly #options: ClusterOptions
  readonly #env: NodeJS.ProcessEnv
  readonly #settings: Settings<SettingName>
  readonly #size: ClusterSize
  readonly #places: ClusterProcess[] = []
  #dataDir: DataDir | undefined
  #running: Processes | undefined
  #hasStarted = false
  #metered = 0

  constructor(options: ClusterOptions) {
    const { env = process.env, size = {} } = options
    const { nats = DEFAULT_SIZE.nats } = size
    this.#options = options
    this.#env = { ...env, NATS_REPLICAS: env.NATS_REPLICAS || (nats < 3 ? "1" : "3") }
    this.#settings = loadSettings(settingNames, this.#env)
    const archiver = this.#settings.MONGO_URL === undefined ? 0 : 1
    this.#size = { ...DEFAULT_SIZE, archiver, ...size }
  }

  /** All processes, in the order of their start. */
  get processes(): readonly ClusterProcess[] {
    return this.#places
  }

  /** The process of a role with a number, from 1. */
  process(role: ClusterRole, number: number): ClusterProcess {
    const found = this.#places.find((each) => each.role === role && each.number === number)
    if (found === undefined) throw new Error(`there is no ${role} ${number}`)
    return found
  }

  /** The one address of everything: `http://127.0.0.1:8000`. */
  get url(): string {
    const { HOST, EDGE_PORT } = this.#settings
    return `http://${connectHost(HOST)}:${EDGE_PORT}`
  }

  /** The URLs of the nats-servers, with a role's login. */
  natsUrls(role: NatsRole): string[] {
    return this.#urls("nats").map((url) => loginUrl(url, role, this.#passwords))
  }

  /**
   * Starts all processes and resolves when all are ready. From then on those that die are started again, until `stop`.
   *
   * @throws {StartError|NatsServerError} the reason why it can't start; some processes may then run until `stop`
   */
  async start(): Promise<void> {
    const { output } = this.#options
    const { HOST, EDGE_PORT, NATS_URL, DATA_DIR, NATS_SERVER_BIN } = this.#settings
    if (NATS_URL !== undefined)
      throw new StartError("--cluster runs nats-servers of its own: expected NATS_URL to be unset")
    const choice = chooseGateway(this.#settings)
    if (choice.kind === "running")
      throw new StartError("--cluster runs gateways of its own: expected RESGATE_URL to be unset")
    const dataDir = await DataDir.take(DATA_DIR, (line) => output.say(line))
    const running = new Processes(dataDir, output, this.#options.compiled)
    this.#dataDir = dataDir
    this.#running = running
    await checkPorts([{ setting: "EDGE_PORT", port: EDGE_PORT, host: HOST, hostSetting: "HOST" }])
    const caddy = this.#size.proxy === 0 ? undefined : caddyFile()
    const found = await findNatsServer({ bin: NATS_SERVER_BIN, progress: (line) => output.say(line) })

    await this.#startNats(dataDir, running, found)
    this.#startPrograms(running)
    await this.#startDoors(dataDir, running, choice)
    await this.#ready(running, "gateway", "edge")
    if (caddy !== undefined) this.#startProxy(dataDir, running, caddy)
    await this.#ready(running, "proxy")
    this.#hasStarted = true
  }

  /** Stops the processes one after the other, the last started first; each one drains. */
  async stop(): Promise<void> {
    await this.#running?.stop()
  }

  /** Kills all processes at once. */
  kill(): void {
    this.#running?.kill()
  }

  get #passwords(): NatsPasswords | undefined {
    if (this.#settings.AUTH === "none" || this.#dataDir === undefined) return undefined
    return keptPasswords(this.#dataDir)
  }

  #urls(role: ClusterRole): string[] {
    return this.#places.flatMap((each) => (each.role === role && each.url !== undefined ? [each.url] : []))
  }

  async #startNats(dataDir: DataDir, running: Processes, { file }: NatsServer): Promise<void> {
    const { output } = this.#options
    const { NATS_REPLICAS } = this.#settings
    const passwords = this.#passwords
    // Only processes of this machine connect to them.
    const host = "127.0.0.1"
    const routePorts = await freePorts(this.#size.nats, host)
    const password = `p${randomBytes(24).toString("hex")}`
    const ports = await freePorts(this.#size.nats, host)
    const isExpected = (text: string): boolean => !this.#hasStarted && STARTING.test(text)
    const servers = ports.map((port, i) => {
      const place = { role: "nats", number: i + 1 } as const
      const name = nameOf(place)
      const storeDir = dataDir.file(name)
      mkdirSync(storeDir, { recursive: true, mode: 0o700 })
      const cluster = { name, routePort: routePorts[i] ?? 0, routePorts, password }
      const conf = {
        host,
        port,
        storeDir,
        maxStoreMiB: this.#options.maxStoreMiB,
        ...(this.#size.nats === 1 ? {} : { cluster }),
      }
      const program = natsProgram({ name, file, conf, passwords, dataDir, output, isExpected })
      return { child: this.#run(running, place, program, `nats://${host}:${port}`), url: `nats://${host}:${port}` }
    })
    await Promise.all(servers.map(({ child, url }) => running.natsReady(child, url)))
    if (NATS_REPLICAS > this.#size.nats)
      throw new StartError(
        `NATS_REPLICAS=${NATS_REPLICAS}: expected at most ${this.#size.nats}, since that many nats-servers run`,
      )
  }

  #startPrograms(running: Processes): void {
    const programs = [
      { role: "service", login: "service", program: "service/main" },
      { role: "archiver", login: "archive", program: "service/archive/main" },
    ] as const
    for (const { role, login, program } of programs) {
      for (const place of placesOf(role, this.#size[role]))
        this.#run(running, place, {
          name: nameOf(place),
          ...nodeProgram(program, [], this.#options.compiled),
          env: this.#envOf(place, login),
        })
    }
  }

  async #startDoors(dataDir: DataDir, running: Processes, choice: OwnGateway): Promise<void> {
    const { compiled } = this.#options
    const settings = { ...this.#settings, TRUSTED_PROXIES: this.#trustedProxies }
    for (const place of placesOf("gateway", this.#size.gateway)) {
      const port = await freePort(settings.HOST)
      const natsUrl = this.#natsUrl(place, "gateway")
      const metricsPort = this.#nextMetricsPort()
      const name = nameOf(place)
      const program = gatewayProgram({ name, choice, natsUrl, port, metricsPort, settings, dataDir, compiled })
      this.#run(running, place, program, `http://${connectHost(settings.HOST)}:${port}`)
    }
    for (const place of placesOf("edge", this.#size.edge)) {
      const port = await freePort(settings.HOST)
      const env = {
        ...this.#envOf(place, "edge"),
        EDGE_PORT: String(port),
        PUBLIC_GATEWAY_URL: settings.PUBLIC_GATEWAY_URL ?? "same-origin",
        // Two edges cannot share one port.
        LEGACY_PORT: "",
      }
      const program = { name: nameOf(place), ...nodeProgram("edge/main", [], compiled), env }
      this.#run(running, place, program, `http://${connectHost(settings.HOST)}:${port}`)
    }
  }

  #startProxy(dataDir: DataDir, running: Processes, file: string): void {
    const { HOST, EDGE_PORT } = this.#settings
    const hosts = (role: ClusterRole): string =>
      this.#urls(role)
        .map((url) => new URL(url).host)
        .join(" ")
    const place = { role: "proxy", number: 1 } as const
    const env = {
      ...this.#env,
      HOME: dataDir.file(nameOf(place)),
      BIND_ADDRESS: HOST,
      SITE_ADDRESS: `:${EDGE_PORT}`,
      EDGE_ADDRESS: hosts("edge"),
      GATEWAY_ADDRESS: hosts("gateway"),
    }
    const args = ["run", "--config", join(projectDir, "config/Caddyfile"), "--adapter", "caddyfile"]
    const name = nameOf(place)
    const line = (text: string): void => {
      // Each check of each process is an info.
      if (!text.includes('"level":"info"')) this.#options.output.line(name, text)
    }
    this.#run(running, place, { name, file, args, env, line }, this.url)
  }

  async #ready(running: Processes, ...roles: ClusterRole[]): Promise<void> {
    const options = { deadlineMs: READY_MS, hopeless: () => running.hopeless() }
    const doors = this.#places.flatMap(({ role, number, url }) =>
      url !== undefined && roles.includes(role)
        ? [{ name: nameOf({ role, number }), url, isGateway: role === "gateway" }]
        : [],
    )
    await Promise.all(
      doors.map(({ name, url, isGateway }) =>
        running.wait(
          name,
          (signal) => httpAnswers(isGateway ? url : `${url}/readyz`, signal, { ok: !isGateway }),
          options,
        ),
      ),
    )
  }

  #run(
    running: Processes,
    place: ClusterPlace,
    { line, ...program }: Parameters<Processes["run"]>[0],
    url?: string,
  ): Child {
    const adapted = this.#options.adapt?.(program, place) ?? program
    const child = running.run({ ...adapted, ...(line === undefined ? {} : { line }) })
    this.#places.push({
      ...place,
      url,
      get pid() {
        return child.pid
      },
      start: () => child.start(),
      stop: () => child.stop(),
      kill: () => child.kill(),
      restart: () => child.restart(),
      pause: () => child.pause(),
      resume: () => child.resume(),
    })
    return child
  }

  #envOf(place: ClusterPlace, login: NatsRole): NodeJS.ProcessEnv {
    return {
      ...this.#env,
      NATS_URL: this.#natsUrl(place, login),
      NATS_URL_FILE: "",
      TRUSTED_PROXIES: this.#trustedProxies.join(","),
      ...metricsEnv(this.#nextMetricsPort()),
    }
  }

  /** METRICS_PORT for the first process, and the next ones for those that follow; undefined: it is not set. */
  #nextMetricsPort(): number | undefined {
    const { METRICS_PORT } = this.#settings
    return METRICS_PORT === undefined ? undefined : METRICS_PORT + this.#metered++
  }

  #natsUrl(place: ClusterPlace, login: NatsRole): string {
    const { natsUrl = (url: string) => url } = this.#options
    return this.natsUrls(login)
      .map((url, i) => natsUrl(url, { ...place, server: i + 1 }))
      .join(",")
  }

  get #trustedProxies(): string[] {
    return [...new Set([...(this.#settings.TRUSTED_PROXIES ?? []), "127.0.0.1", "::1"])]
  }
}

function placesOf<R extends ClusterRole>(role: R, count: number): { role: R; number: number }[] {
  return Array.from({ length: count }, (_, i) => ({ role, number: i + 1 }))
}

/** "service-2" */
function nameOf({ role, number }: ClusterPlace): string {
  return `${role}-${number}`
}

async function freePorts(count: number, host: string): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort(host))
  return [...ports]
}

function caddyFile(): string {
  fetchCaddy()
  const file = findCaddy()
  if (file === undefined) throw new StartError(`--cluster needs one address for all: there is no ${NO_CADDY}`)
  return file
}
