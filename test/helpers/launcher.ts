import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { type KnownProcess, stillRuns } from "../../tools/programs/process-identity.ts"
import { compiledProgram } from "./compiled.ts"
import { freePort } from "./ports.ts"
import { until } from "./until.ts"

/** A launcher, what it printed, and how it ended. */
export interface Run {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves to [exit code, signal]. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>
}

/** A process that a launcher has started. */
export type Known = KnownProcess & { readonly name: string }

/** Runs `npm start`'s launcher, compiled, on ports and in a data folder of one suite. */
export class LauncherKit {
  readonly ports: { readonly EDGE_PORT: string; readonly GATEWAY_PORT: string; readonly NATS_PORT: string }
  readonly dataDir: string
  readonly #program: string
  readonly #runs: Run[] = []
  /** The processes at work when the launcher was last ready, or `remember` called. */
  known: readonly Known[] = []

  private constructor(program: string, dataDir: string, [edge, gateway, nats]: readonly number[]) {
    this.#program = program
    this.dataDir = dataDir
    this.ports = { EDGE_PORT: `${edge}`, GATEWAY_PORT: `${gateway}`, NATS_PORT: `${nats}` }
  }

  static async create(): Promise<LauncherKit> {
    const ports = [await freePort(), await freePort(), await freePort()]
    const program = await compiledProgram("tools/launch/start")
    return new LauncherKit(program, await mkdtemp(join(tmpdir(), "shopwire-launcher-")), ports)
  }

  get edgeUrl(): string {
    return `http://127.0.0.1:${this.ports.EDGE_PORT}`
  }

  get gatewayUrl(): string {
    return `http://127.0.0.1:${this.ports.GATEWAY_PORT}`
  }

  get natsUrl(): string {
    return `nats://127.0.0.1:${this.ports.NATS_PORT}`
  }

  /** The launcher that was started last. */
  get current(): Run {
    const run = this.#runs.at(-1)
    if (run === undefined) throw new Error("no launcher was started")
    return run
  }

  start(settings: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): Run {
    // A gateway or a NATS that is given for the tests would not see what this launcher publishes.
    const given = { NATS_URL: "", RESGATE_URL: "", MONGO_URL: "", NODE_ENV: "", LOG_LEVEL: "" }
    const child = spawn(process.execPath, [this.#program, ...flags], {
      cwd: projectDir,
      env: { ...process.env, ...given, DATA_DIR: this.dataDir, ...this.ports, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    })
    const seen = { stdout: "", stderr: "" }
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen.stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      seen.stderr += text
    })
    const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>
    const run = { process: child, stdout: () => seen.stdout, stderr: () => seen.stderr, ended }
    this.#runs.push(run)
    return run
  }

  /** Waits until the launcher says that all is up. */
  async ready(run: Run): Promise<Run> {
    await until("the launcher is ready", () => {
      if (run.process.exitCode !== null) throw new Error(`it ended:\n${run.stdout()}${run.stderr()}`)
      return run.stdout().includes("Ctrl-C stops everything.")
    })
    await this.remember()
    return run
  }

  /** Notes the processes at work, to see later that they are gone. */
  async remember(): Promise<void> {
    this.known = JSON.parse(await readFile(join(this.dataDir, "launcher.json"), "utf8")).children
  }

  /** Ends one of the processes, and waits until the launcher has started it again. */
  async kill(victim: string, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    // It may be about to be started again, because another one that it needs was killed before.
    const pid = await until(`${victim} to run`, async () => {
      await this.remember()
      return this.known.find(({ name }) => name === victim)?.pid
    })
    process.kill(pid, signal)
    await until(`${victim} to be started again`, async () => {
      await this.remember()
      return this.known.some((known) => known.name === victim && known.pid !== pid)
    })
  }

  /** Leaves a launcher out of account that has ended by itself. */
  forget(run: Run): void {
    this.#runs.splice(this.#runs.indexOf(run), 1)
  }

  /** Kills what still runs, waits until it is gone, and deletes the data. */
  async end(): Promise<void> {
    for (const run of this.#runs) run.process.kill("SIGKILL")
    await until("all processes gone", () => this.known.every((process) => !stillRuns(process)))
    await rm(this.dataDir, { recursive: true, force: true })
  }
}
