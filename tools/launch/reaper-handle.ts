import { type ChildProcess, spawn } from "node:child_process"
import type { ChildProgram } from "./child.ts"

/** Keeps a `reaper.ts` running from the first process on, and tells it which processes to stop if the launcher dies. */
export class Reaper {
  readonly #program: Pick<ChildProgram, "file" | "args">
  readonly #pids = new Set<number>()
  #process: ChildProcess | undefined
  #closed = false

  /** @param program how to run `reaper.ts` */
  constructor(program: Pick<ChildProgram, "file" | "args">) {
    this.#program = program
  }

  add(pid: number): void {
    this.#pids.add(pid)
    if (this.#process === undefined) this.#start()
    else this.#send(`add ${pid}`)
  }

  drop(pid: number): void {
    this.#pids.delete(pid)
    this.#send(`drop ${pid}`)
  }

  /** Ends the reaper, after it has stopped all processes that were added and not dropped. */
  close(): void {
    this.#closed = true
    this.#process?.stdin?.end()
  }

  #start(): void {
    // In its own session, so that neither Ctrl-C nor a kill of the launcher's process group ends it.
    const child = spawn(this.#program.file, this.#program.args, {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    })
    child.unref()
    // Ignores writes to a reaper that has just died; its exit starts the next one.
    child.stdin.on("error", () => {})
    child.on("error", () => {})
    child.on("exit", () => {
      if (!this.#closed) setTimeout(() => this.#start(), 1000).unref()
    })
    this.#process = child
    for (const pid of this.#pids) this.#send(`add ${pid}`)
  }

  #send(line: string): void {
    this.#process?.stdin?.write(`${line}\n`)
  }
}
