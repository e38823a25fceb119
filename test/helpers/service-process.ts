import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { compiledProgram } from "./compiled.ts"
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts"

export interface ServiceProcessOptions {
  readonly natsPort: number
  /** How far its wall clock is ahead of the others', in ms. Default 0. */
  readonly clockAheadMs?: number
  /** How far `SIGUSR2` puts it forward, in ms. Default 0. */
  readonly clockStepMs?: number
}

const children = new Set<ChildProcess>()
// In case the test run itself is ended in the middle.
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL")
})

/** A service in a process of its own, whose link to NATS can be disturbed. */
export class ServiceProcess {
  readonly link: TcpProxy
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  /** How many shards it owns, by its log. */
  shards = 0
  /** How often it has joined the other processes. */
  terms = 0

  private constructor(link: TcpProxy, child: ChildProcess) {
    this.link = link
    this.#child = child
    this.#ended = once(child, "close")
    if (child.stdout === null) throw new Error("expected a pipe for stdout")
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { msg, served } = JSON.parse(line)
      if (msg === "joined the processes of the service") this.terms++
      if (msg === "lost the lease") this.shards = 0
      if (served !== undefined) this.shards = served
    })
  }

  static async start({ natsPort, clockAheadMs = 0, clockStepMs = 0 }: ServiceProcessOptions): Promise<ServiceProcess> {
    const link = await startTcpProxy({ host: "127.0.0.1", port: natsPort })
    const skew = `const now = Date.now; let ahead = ${clockAheadMs}; Date.now = () => now() + ahead
process.on("SIGUSR2", () => { ahead += ${clockStepMs} })`
    const args = [`--import=data:text/javascript,${encodeURIComponent(skew)}`, await compiledProgram("service/main")]
    const child = spawn(process.execPath, args, {
      env: { ...process.env, NATS_URL: `nats://127.0.0.1:${link.port}`, LOG_LEVEL: "info", MONGO_URL: "" },
      stdio: ["ignore", "pipe", "inherit"],
    })
    children.add(child)
    child.once("exit", () => children.delete(child))
    return new ServiceProcess(link, child)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async end(signal: "SIGTERM" | "SIGKILL" = "SIGKILL"): Promise<void> {
    if (signal !== "SIGKILL") this.#child.kill("SIGCONT") // so that it can take notice
    this.#child.kill(signal)
    await this.#ended
    await this.link.stop()
  }
}
