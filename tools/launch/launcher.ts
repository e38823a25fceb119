import { createWriteStream, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isLoopback } from "../../config/loopback.ts"
import { natsInfo } from "../../config/nats-info.ts"
import { PROBE_NAME } from "../../config/permissions-probe.ts"
import { projectDir } from "../../config/project-dir.ts"
import type { SettingName, Settings } from "../../config/settings.ts"
import { auth } from "../../contract/shopwire.ts"
import { DEFAULT_RATE, type DemoArguments } from "../demo/arguments.ts"
import { natsServerConf } from "../nats/conf.ts"
import { atLeast, findNatsServer, MIN_NATS_SERVER } from "../nats/nats-server.ts"
import { type Program, programFile } from "../programs/paths.ts"
import { connectHost, shownHost, shownUrl, withoutLogins } from "./address.ts"
import { Child } from "./child.ts"
import { DataDir } from "./data-dir.ts"
import { chooseGateway, type GatewayChoice } from "./gateway-choice.ts"
import {
  accountsConf,
  keepStored,
  keptPasswords,
  LOGINS_FILE,
  loginUrl,
  type NatsPasswords,
  type NatsRole,
  passwordEnv,
} from "./nats-logins.ts"
import type { Output } from "./output.ts"
import { allowedPages } from "./page-origins.ts"
import { checkPorts, type PlannedPort } from "./ports.ts"
import { httpAnswers, type WaitOptions, waitUntil } from "./readiness.ts"
import { Reaper } from "./reaper-handle.ts"
import { StartError } from "./start-error.ts"
import { welcome } from "./welcome.ts"

/** Time for one of our own processes to be ready, in ms. nats-server gets more, because it first reads its stored data. */
const READY_MS = 30_000
const NATS_READY_MS = 120_000

/** Time for a running server (NATS_URL, RESGATE_URL) to answer, in ms. */
const GIVEN_READY_MS = 10_000

/** The gateway's configuration in DATA_DIR: `resgate.config.json` with the URL of NATS and the admitted pages. */
const GATEWAY_CONFIG = "gateway.config.json"

/** Runs the whole product on one machine: nats-server, gateway, service, edge, and with MONGO_URL the archiver. */
export class Launcher {
  readonly #settings: Settings<SettingName>
  readonly #output: Output
  readonly #demo: DemoArguments | undefined
  /** In the order of their start; they are stopped in reverse order. */
  readonly #children: Child[] = []
  #dataDir: DataDir | undefined
  #reaper: Reaper | undefined
  #stopping = false
  /** With AUTH other than none: the passwords of our own nats-server. */
  #passwords: NatsPasswords | undefined

  /** @param demo undefined: without the demo */
  constructor(settings: Settings<SettingName>, output: Output, demo?: DemoArguments) {
    this.#settings = settings
    this.#output = output
    this.#demo = demo
  }

  /**
   * Starts all processes and resolves when all are ready. From then on those that die are restarted, until `stop`.
   *
   * @throws {StartError|NatsServerError} the reason why it can't start; some processes may then run until `stop`
   */
  async start(): Promise<void> {
    const started = Date.now()
    const { HOST, EDGE_PORT, GATEWAY_PORT, NATS_PORT, NATS_URL, DATA_DIR, PUBLIC_GATEWAY_URL } = this.#settings
    const choice = chooseGateway(this.#settings)
    if (this.#demo !== undefined && this.#settings.AUTH !== "none" && this.#settings.DEMO_TOKEN === undefined) {
      throw new StartError(`--demo with AUTH=${this.#settings.AUTH}: expected DEMO_TOKEN, a token that may publish`)
    }

    this.#dataDir = await DataDir.take(DATA_DIR, (line) => this.#output.say(line))
    const own = { host: HOST, hostSetting: "HOST" }
    const planned: PlannedPort[] = [{ setting: "EDGE_PORT", port: EDGE_PORT, ...own }]
    if (choice.kind !== "running") planned.push({ setting: "GATEWAY_PORT", port: GATEWAY_PORT, ...own })
    const natsHost = natsHostOf(this.#settings)
    if (NATS_URL === undefined)
      planned.push({ setting: "NATS_PORT", port: NATS_PORT, host: natsHost, hostSetting: "NATS_HOST" })
    await checkPorts(planned)

    this.#warnOfStrangers()
    this.#reaper = new Reaper()
    const natsKind = NATS_URL === undefined ? await this.#startNats(this.#dataDir) : await this.#findNats(NATS_URL)
    const natsUrl = NATS_URL ?? `nats://${connectHost(natsHost)}:${NATS_PORT}`

    const urlFor = (role: NatsRole): string =>
      this.#passwords === undefined ? natsUrl : loginUrl(natsUrl, role, this.#passwords)
    const envOf = (role: NatsRole) => ({ ...process.env, NATS_URL: urlFor(role), NATS_URL_FILE: "" })
    this.#run({ name: "service", ...this.#node("service/main"), env: envOf("service") })
    if (this.#settings.MONGO_URL !== undefined)
      this.#run({ name: "archiver", ...this.#node("service/archive/main"), env: envOf("archive") })
    const gateway = this.#startGateway(this.#dataDir, choice, urlFor("gateway"))
    const gatewayUrl = choice.kind === "running" ? shownUrl(choice.url) : `http://${connectHost(HOST)}:${GATEWAY_PORT}`
    // Browsers reach a given gateway at its URL, unless PUBLIC_GATEWAY_URL is set.
    const forBrowsers = PUBLIC_GATEWAY_URL ?? (choice.kind === "running" ? gatewayUrl.replace(/^http/, "ws") : "")
    this.#run({
      name: "edge",
      ...this.#node("edge/main"),
      env: { ...envOf("edge"), PUBLIC_GATEWAY_URL: forBrowsers, GATEWAY_PORT: String(GATEWAY_PORT) },
    })

    const gatewayWait =
      gateway === undefined
        ? { deadlineMs: GIVEN_READY_MS }
        : { deadlineMs: READY_MS, hopeless: () => gateway.hopeless() }
    const whose = choice.kind === "running" ? `RESGATE_URL=${gatewayUrl}` : "the gateway"
    const readyz = `http://${connectHost(HOST)}:${EDGE_PORT}/readyz`
    await Promise.all([
      this.#wait(whose, (signal) => httpAnswers(gatewayUrl, signal, { ok: false }), gatewayWait),
      this.#wait("the edge and its service", (signal) => httpAnswers(readyz, signal, { ok: true }), {
        deadlineMs: READY_MS,
        hopeless: () => this.#children.map((child) => child.hopeless()).find((reason) => reason !== undefined),
      }),
    ])
    const shown = shownHost(HOST)
    const demo = this.#demo && this.#startDemo(this.#demo, `http://${connectHost(HOST)}:${EDGE_PORT}`)
    this.#output.show(
      welcome({
        demo,
        edge: `http://${shown}:${EDGE_PORT}`,
        gateway: choice.kind === "running" ? gatewayUrl : `http://${shown}:${GATEWAY_PORT}`,
        gatewayKind: gatewayKinds[choice.kind],
        nats: NATS_URL === undefined ? `nats://${shownHost(natsHost)}:${NATS_PORT}` : shownUrl(NATS_URL),
        natsKind,
        archive: this.#settings.MONGO_URL !== undefined,
        seconds: (Date.now() - started) / 1000,
      }),
    )
  }

  /** Stops the processes one after the other, the last started first; each one drains. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const child of this.#children.toReversed()) await child.stop()
    this.#reaper?.close()
    this.#dataDir?.release()
  }

  /** Kills all processes at once. */
  kill(): void {
    this.#stopping = true
    for (const child of this.#children) child.kill()
    this.#reaper?.close()
    this.#dataDir?.release()
  }

  /** Restarts the programs that are made from our own sources. */
  async restartPrograms(): Promise<void> {
    const ours = this.#children.filter((child) => child.name !== "nats" && child.name !== "resgate")
    await Promise.all(ours.map((child) => child.restart()))
  }

  async #startNats(dataDir: DataDir): Promise<string> {
    const { AUTH, NATS_PORT, NATS_SERVER_BIN } = this.#settings
    const host = natsHostOf(this.#settings)
    const found = await findNatsServer({ bin: NATS_SERVER_BIN, progress: (line) => this.#output.say(line) })
    const conf = dataDir.file("nats-server.conf")
    this.#passwords = AUTH === "none" ? undefined : keptPasswords(dataDir)
    const extra = this.#passwords === undefined ? {} : { extra: accountsConf() }
    writeFileSync(conf, natsServerConf({ host, port: NATS_PORT, storeDir: dataDir.path, ...extra }))
    keepStored(dataDir.path, this.#passwords !== undefined)
    const log = createWriteStream(dataDir.file("nats-server.log"))
    // A full disk must not end the launcher.
    log.on("error", () => {})
    const nats = this.#run({
      name: "nats",
      file: found.file,
      args: ["--config", conf],
      env: { ...process.env, ...(this.#passwords === undefined ? {} : passwordEnv(this.#passwords)) },
      line: (text) => {
        log.write(`${text}\n`)
        // The passwords are random and in a file that only we can read, so hashing them would not help.
        if (text.includes("Plaintext passwords detected")) return
        // The service's probe causes these at each start.
        if (text.includes(PROBE_NAME) && text.includes("Violation")) return
        this.#output.natsLine("nats", text)
      },
    })
    const url = `nats://${connectHost(host)}:${NATS_PORT}`
    await this.#wait("nats-server", (signal) => natsInfo(url, signal), {
      deadlineMs: NATS_READY_MS,
      hopeless: () => nats.hopeless(),
    })
    const inside = this.#passwords === undefined ? "" : `, logins in ${LOGINS_FILE} there`
    return `nats-server ${found.version} from ${found.origin}, data in ${dataDir.path}${inside}`
  }

  async #findNats(url: string): Promise<string> {
    const what = `NATS_URL=${shownUrl(url)}`
    const info = await this.#wait(what, (signal) => natsInfo(url, signal), { deadlineMs: GIVEN_READY_MS })
    if (!atLeast(info.version, MIN_NATS_SERVER)) {
      this.#output.say(`warning: nats-server ${info.version} is older than ${MIN_NATS_SERVER}: expect errors`)
    }
    if (info.jetstream !== true) this.#output.say("warning: that nats-server does not offer JetStream itself")
    return `nats-server ${info.version}, given by NATS_URL`
  }

  #startGateway(dataDir: DataDir, choice: GatewayChoice, natsUrl: string): Child | undefined {
    if (choice.kind === "running") return undefined
    const { AUTH, HOST, GATEWAY_PORT, TRUSTED_PROXIES } = this.#settings
    // The URL may hold a password, and every user of the machine can read command lines.
    const settings = JSON.parse(readFileSync(join(projectDir, "resgate.config.json"), "utf8"))
    const pages = AUTH === "none" ? allowedPages(this.#settings) : {}
    // Only the embedded gateway knows these.
    const limits = {
      maxConnections: this.#settings.MAX_CONNECTIONS,
      maxConnectionsPerAddress: this.#settings.MAX_CONNECTIONS_PER_ADDRESS,
      maxSubscriptions: this.#settings.MAX_SUBSCRIPTIONS,
      trustedProxies: TRUSTED_PROXIES ?? [],
    }
    dataDir.writeJson(GATEWAY_CONFIG, { ...settings, ...pages, ...limits, natsUrl })
    const flags = ["--config", dataDir.file(GATEWAY_CONFIG), "--addr", HOST, "--port", String(GATEWAY_PORT)]
    // With these the service learns the address of each connection. With AUTH=none it also checks pages that Resgate's own list admits.
    flags.push("--headauth", `${auth.name({})}.header`, "--wsheadauth", `${auth.name({})}.wsHeader`)
    if (choice.kind === "resgate") return this.#run({ name: "resgate", file: choice.file, args: flags })
    const { file, args } = this.#node("res-service/src/gateway/main")
    return this.#run({ name: "gateway", file, args: [...args, ...flags] })
  }

  /** Returns what is played. */
  #startDemo({ seed = this.#settings.DEMO_SEED, rate = DEFAULT_RATE }: DemoArguments, edgeUrl: string) {
    const { file, args } = this.#node("tools/demo/main")
    const flags = ["--seed", String(seed), "--rate", String(rate)]
    this.#run({ name: "demo", file, args: [...args, ...flags], env: { ...process.env, EDGE_URL: edgeUrl } })
    return { seed, rate }
  }

  #node(program: Program): { file: string; args: string[] } {
    return { file: process.execPath, args: [...process.execArgv, programFile(program)] }
  }

  #run(program: {
    readonly name: string
    readonly file: string
    readonly args: readonly string[]
    readonly env?: NodeJS.ProcessEnv
    readonly line?: (text: string) => void
  }): Child {
    if (this.#stopping) throw new Error("stopped while starting")
    const child = new Child({
      line: (text) => this.#output.line(program.name, withoutLogins(text)),
      ...program,
      say: (text) => this.#output.say(text),
      onStart: (pid) => {
        this.#reaper?.add(pid)
        this.#dataDir?.add(pid, program.name)
      },
      onExit: (pid) => {
        this.#reaper?.drop(pid)
        this.#dataDir?.drop(pid)
      },
    })
    this.#children.push(child)
    child.start()
    return child
  }

  #warnOfStrangers(): void {
    const { AUTH, HOST, NATS_URL } = this.#settings
    const isNatsOpen = NATS_URL === undefined && !isLoopback(natsHostOf(this.#settings))
    if (AUTH !== "none" || (isLoopback(HOST) && !isNatsOpen)) return
    const doors = [...(isLoopback(HOST) ? [] : ["edge", "gateway"]), ...(isNatsOpen ? ["NATS"] : [])]
    const where = isLoopback(HOST) ? `NATS_HOST=${natsHostOf(this.#settings)}` : `HOST=${HOST}`
    this.#output.say(
      `WARNING: AUTH=none and ${where}: anyone who reaches this machine may publish, read and change everything, through ${listOf(doors)}`,
    )
  }

  #wait<T>(what: string, look: (signal: AbortSignal) => Promise<T>, options: WaitOptions): Promise<T> {
    return waitUntil(what, look, { ...options, progress: (line) => this.#output.say(line) })
  }
}

/** The address that nats-server listens on: without logins, other machines reach it only if NATS_HOST is set. */
function natsHostOf({ AUTH, HOST, NATS_HOST }: Settings<"AUTH" | "HOST" | "NATS_HOST">): string {
  return NATS_HOST ?? (AUTH === "none" && !isLoopback(HOST) ? "127.0.0.1" : HOST)
}

function listOf(words: readonly string[]): string {
  return new Intl.ListFormat("en-GB").format(words)
}

const gatewayKinds: Readonly<Record<GatewayChoice["kind"], string>> = {
  running: "given by RESGATE_URL",
  resgate: "Resgate",
  embedded: "the embedded gateway",
}
