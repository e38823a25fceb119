import { isLoopback } from "../../config/loopback.ts"
import { type MeteredProcess, metricsEnv, metricsPort } from "../../config/metrics-ports.ts"
import { natsInfo } from "../../config/nats-info.ts"
import type { SettingName, Settings } from "../../config/settings.ts"
import { DEFAULT_RATE, type DemoArguments } from "../demo/arguments.ts"
import { setDemoProfiles } from "../demo/profiles.ts"
import { atLeast, findNatsServer, MIN_NATS_SERVER } from "../nats/nats-server.ts"
import { connectHost, shownHost, shownUrl } from "./address.ts"
import type { Child } from "./child.ts"
import { DataDir } from "./data-dir.ts"
import { chooseGateway, type GatewayChoice, gatewayKinds } from "./gateway-choice.ts"
import { gatewayProgram } from "./gateway-program.ts"
import { keptPasswords, LOGINS_FILE, loginUrl, type NatsPasswords, type NatsRole } from "./nats-logins.ts"
import { natsProgram } from "./nats-program.ts"
import type { Output } from "./output.ts"
import { checkPorts, type PlannedPort } from "./ports.ts"
import { nodeProgram, Processes, READY_MS } from "./processes.ts"
import { httpAnswers } from "./readiness.ts"
import { StartError } from "./start-error.ts"
import { welcome } from "./welcome.ts"

/** Time for a running server (NATS_URL, RESGATE_URL) to answer, in ms. */
const GIVEN_READY_MS = 10_000

/** Runs the whole product on one machine: nats-server, gateway, service, edge, and with MONGO_URL the archiver. */
export class Launcher {
  readonly #settings: Settings<SettingName>
  readonly #output: Output
  readonly #demo: DemoArguments | undefined
  #running: Processes | undefined
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

    const dataDir = await DataDir.take(DATA_DIR, (line) => this.#output.say(line))
    const running = new Processes(dataDir, this.#output)
    this.#running = running
    const own = { host: HOST, hostSetting: "HOST" }
    const planned: PlannedPort[] = [{ setting: "EDGE_PORT", port: EDGE_PORT, ...own }]
    if (choice.kind !== "running") planned.push({ setting: "GATEWAY_PORT", port: GATEWAY_PORT, ...own })
    const natsHost = natsHostOf(this.#settings)
    if (NATS_URL === undefined)
      planned.push({ setting: "NATS_PORT", port: NATS_PORT, host: natsHost, hostSetting: "NATS_HOST" })
    const metered: MeteredProcess[] = [
      "edge",
      "service",
      ...(this.#settings.MONGO_URL === undefined ? [] : (["archiver"] as const)),
      ...(choice.kind === "running" ? [] : (["gateway"] as const)),
    ]
    for (const process of metered) {
      const port = metricsPort(this.#settings, process)
      const setting = `METRICS_PORT (${process})`
      if (port !== undefined)
        planned.push({ setting, port, host: this.#settings.METRICS_HOST, hostSetting: "METRICS_HOST" })
    }
    await checkPorts(planned)

    this.#warnOfStrangers()
    const natsKind =
      NATS_URL === undefined ? await this.#startNats(dataDir, running) : await this.#findNats(NATS_URL, running)
    const natsUrls = NATS_URL ?? [`nats://${connectHost(natsHost)}:${NATS_PORT}`]

    const urlFor = (role: NatsRole): string => natsUrls.map((url) => loginUrl(url, role, this.#passwords)).join(",")
    const envOf = (role: NatsRole, name: MeteredProcess) => ({
      ...process.env,
      NATS_URL: urlFor(role),
      NATS_URL_FILE: "",
      ...metricsEnv(metricsPort(this.#settings, name)),
    })
    running.run({ name: "service", ...nodeProgram("service/main"), env: envOf("service", "service") })
    if (this.#settings.MONGO_URL !== undefined)
      running.run({ name: "archiver", ...nodeProgram("service/archive/main"), env: envOf("archive", "archiver") })
    const gateway = this.#startGateway(dataDir, running, choice, urlFor("gateway"))
    const gatewayUrl = choice.kind === "running" ? shownUrl(choice.url) : `http://${connectHost(HOST)}:${GATEWAY_PORT}`
    // Browsers reach a given gateway at its URL, unless PUBLIC_GATEWAY_URL is set.
    const forBrowsers = PUBLIC_GATEWAY_URL ?? (choice.kind === "running" ? gatewayUrl.replace(/^http/, "ws") : "")
    running.run({
      name: "edge",
      ...nodeProgram("edge/main"),
      env: { ...envOf("edge", "edge"), PUBLIC_GATEWAY_URL: forBrowsers, GATEWAY_PORT: String(GATEWAY_PORT) },
    })

    const gatewayWait =
      gateway === undefined
        ? { deadlineMs: GIVEN_READY_MS }
        : { deadlineMs: READY_MS, hopeless: () => gateway.hopeless() }
    const whose = choice.kind === "running" ? `RESGATE_URL=${gatewayUrl}` : "the gateway"
    const readyz = `http://${connectHost(HOST)}:${EDGE_PORT}/readyz`
    await Promise.all([
      running.wait(whose, (signal) => httpAnswers(gatewayUrl, signal, { ok: false }), gatewayWait),
      running.wait("the edge and its service", (signal) => httpAnswers(readyz, signal, { ok: true }), {
        deadlineMs: READY_MS,
        hopeless: () => running.hopeless(),
      }),
    ])
    await this.#introduceDemoShops(gatewayUrl)
    const shown = shownHost(HOST)
    const demo = this.#demo && this.#startDemo(this.#demo, running, `http://${connectHost(HOST)}:${EDGE_PORT}`)
    this.#output.show(
      welcome({
        demo,
        edge: `http://${shown}:${EDGE_PORT}`,
        gateway: choice.kind === "running" ? gatewayUrl : `http://${shown}:${GATEWAY_PORT}`,
        gatewayKind: gatewayKinds[choice.kind],
        nats: NATS_URL === undefined ? `nats://${shownHost(natsHost)}:${NATS_PORT}` : NATS_URL.map(shownUrl).join(","),
        natsKind,
        archive: this.#settings.MONGO_URL !== undefined,
        metrics: metered.map((name) => ({ name, port: metricsPort(this.#settings, name) })),
        metricsHost: shownHost(this.#settings.METRICS_HOST),
        seconds: (Date.now() - started) / 1000,
      }),
    )
  }

  /** Stops the processes one after the other, the last started first; each one drains. */
  async stop(): Promise<void> {
    await this.#running?.stop()
  }

  /** Kills all processes at once. */
  kill(): void {
    this.#running?.kill()
  }

  /** Restarts the programs that are made from our own sources. */
  async restartPrograms(): Promise<void> {
    const ours = (this.#running?.children ?? []).filter((child) => child.name !== "nats" && child.name !== "resgate")
    await Promise.all(ours.map((child) => child.restart()))
  }

  async #startNats(dataDir: DataDir, running: Processes): Promise<string> {
    const { AUTH, NATS_PORT, NATS_SERVER_BIN } = this.#settings
    const host = natsHostOf(this.#settings)
    const { file, version, origin } = await findNatsServer({
      bin: NATS_SERVER_BIN,
      progress: (line) => this.#output.say(line),
    })
    this.#passwords = AUTH === "none" ? undefined : keptPasswords(dataDir)
    const conf = { host, port: NATS_PORT, storeDir: dataDir.path }
    const options = { name: "nats", file, conf, passwords: this.#passwords, dataDir, output: this.#output }
    await running.natsReady(running.run(natsProgram(options)), `nats://${connectHost(host)}:${NATS_PORT}`)
    const inside = this.#passwords === undefined ? "" : `, logins in ${LOGINS_FILE} there`
    return `nats-server ${version} from ${origin}, data in ${dataDir.path}${inside}`
  }

  async #findNats(urls: readonly string[], running: Processes): Promise<string> {
    const what = `NATS_URL=${urls.map(shownUrl).join(",")}`
    const look = (signal: AbortSignal) => Promise.any(urls.map((url) => natsInfo(url, signal)))
    const info = await running.wait(what, look, { deadlineMs: GIVEN_READY_MS })
    if (!atLeast(info.version, MIN_NATS_SERVER)) {
      this.#output.say(`warning: nats-server ${info.version} is older than ${MIN_NATS_SERVER}: expect errors`)
    }
    if (info.jetstream !== true) this.#output.say("warning: that nats-server does not offer JetStream itself")
    return `nats-server ${info.version}, given by NATS_URL`
  }

  #startGateway(dataDir: DataDir, running: Processes, choice: GatewayChoice, natsUrl: string): Child | undefined {
    if (choice.kind === "running") return undefined
    const name = choice.kind === "resgate" ? "resgate" : "gateway"
    const port = this.#settings.GATEWAY_PORT
    const metrics = metricsPort(this.#settings, "gateway")
    return running.run(
      gatewayProgram({ name, choice, natsUrl, port, metricsPort: metrics, settings: this.#settings, dataDir }),
    )
  }

  /** The demo's shops get their profiles, if this start may set them. */
  async #introduceDemoShops(gatewayUrl: string): Promise<void> {
    const { AUTH, DEMO_TOKEN } = this.#settings
    if (AUTH !== "none" && DEMO_TOKEN === undefined) return
    await setDemoProfiles(gatewayUrl, DEMO_TOKEN).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      this.#output.say(`warning: the demo's shops have no name and currency: ${reason}`)
    })
  }

  /** Returns what is played. */
  #startDemo(
    { seed = this.#settings.DEMO_SEED, rate = DEFAULT_RATE }: DemoArguments,
    running: Processes,
    edgeUrl: string,
  ) {
    const flags = ["--seed", String(seed), "--rate", String(rate)]
    running.run({ name: "demo", ...nodeProgram("tools/demo/main", flags), env: { ...process.env, EDGE_URL: edgeUrl } })
    return { seed, rate }
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
}

/** The address that nats-server listens on: without logins, other machines reach it only if NATS_HOST is set. */
export function natsHostOf({ AUTH, HOST, NATS_HOST }: Settings<"AUTH" | "HOST" | "NATS_HOST">): string {
  return NATS_HOST ?? (AUTH === "none" && !isLoopback(HOST) ? "127.0.0.1" : HOST)
}

function listOf(words: readonly string[]): string {
  return new Intl.ListFormat("en-GB").format(words)
}
