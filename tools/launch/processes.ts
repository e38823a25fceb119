import { type NatsInfo, natsInfo } from "../../config/nats-info.ts"
import { NODE_FLAGS } from "../../config/node-flags.ts"
import { fromSource } from "../../config/project-dir.ts"
import { compiledFile, type Program, programFile } from "../programs/paths.ts"
import { withoutLogins } from "./address.ts"
import { Child, type ChildProgram } from "./child.ts"
import type { DataDir } from "./data-dir.ts"
import type { Output } from "./output.ts"
import { type WaitOptions, waitUntil } from "./readiness.ts"
import { Reaper } from "./reaper-handle.ts"

/** Time for one of our own processes to be ready, in ms. nats-server gets more, because it first reads its stored data. */
export const READY_MS = 30_000
const NATS_READY_MS = 120_000

/** The processes of a launcher. They are restarted when they die, and none outlives the launcher, however it ends. */
export class Processes {
  readonly #dataDir: DataDir
  readonly #output: Output
  readonly #reaper: Reaper
  /** In the order of their start; they are stopped in reverse order. */
  readonly #children: Child[] = []
  #stopping = false

  /** @param compiled as that of `nodeProgram`, for the reaper */
  constructor(dataDir: DataDir, output: Output, compiled?: boolean) {
    this.#reaper = new Reaper(nodeProgram("tools/launch/reaper", [], compiled))
    this.#dataDir = dataDir
    this.#output = output
  }

  get children(): readonly Child[] {
    return this.#children
  }

  /** @param line takes what it prints; default: it is shown */
  run(program: ChildProgram & { readonly line?: (text: string) => void }): Child {
    if (this.#stopping) throw new Error("stopped while starting")
    const child = new Child({
      line: (text) => this.#output.line(program.name, withoutLogins(text)),
      ...program,
      say: (text) => this.#output.say(text),
      onStart: (pid) => {
        this.#reaper.add(pid)
        this.#dataDir.add(pid, program.name)
      },
      onExit: (pid) => {
        this.#reaper.drop(pid)
        this.#dataDir.drop(pid)
      },
    })
    this.#children.push(child)
    child.start()
    return child
  }

  /** Waits as `waitUntil`, and says so. */
  async wait<T>(what: string, look: (signal: AbortSignal) => Promise<T>, options: WaitOptions): Promise<T> {
    return await waitUntil(what, look, { ...options, progress: (line) => this.#output.say(line) })
  }

  /** Waits until a nats-server of ours takes connections. */
  async natsReady(nats: Child, url: string): Promise<NatsInfo> {
    return await this.wait(`nats-server (${nats.name})`, (signal) => natsInfo(url, signal), {
      deadlineMs: NATS_READY_MS,
      hopeless: () => nats.hopeless(),
    })
  }

  /** Why waiting for any of them is pointless; undefined when it is not. */
  hopeless(): string | undefined {
    return this.#children.map((child) => child.hopeless()).find((reason) => reason !== undefined)
  }

  /** Stops the processes one after the other, the last started first; each one drains. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const child of this.#children.toReversed()) await child.stop()
    this.#reaper.close()
    this.#dataDir.release()
  }

  /** Kills all processes at once. */
  kill(): void {
    this.#stopping = true
    for (const child of this.#children) void child.kill()
    this.#reaper.close()
    this.#dataDir.release()
  }
}

/**
 * How to run a program of ours.
 *
 * @param compiled the output of `npm run build`; default: as this process runs
 */
export function nodeProgram(
  program: Program,
  flags: readonly string[] = [],
  compiled = !fromSource,
): { file: string; args: string[] } {
  const args = compiled ? [compiledFile(program)] : [...process.execArgv, programFile(program)]
  return { file: process.execPath, args: [...NODE_FLAGS, ...args, ...flags] }
}
