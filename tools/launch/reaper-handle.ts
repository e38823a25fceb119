import { type ChildProcess, spawn } from "node:child_process"
import { programFile } from "../programs/paths.ts"

/** The launcher's end of `reaper.ts`: keeps one running, and it knows the processes to stop when the launcher dies. */
export class Reaper {
  readonly #pids = new Set<number>()
  #process: ChildProcess | undefined
  #closed = false

  constructor() {
    this.#start()
  }

  add(pid: number): void {
    this.#pids.add(pid)
    this.#send(`add ${pid}`)
  }

  drop(pid: number): void {
    this.#pids.delete(pid)
    this.#send(`drop ${pid}`)
  }

  /** Ends the reaper; it stops first whatever was added and not dropped. */
  close(): void {
    this.#closed = true
    this.#process?.stdin?.end()
  }

  #start(): void {
    // Its own session, so that neither Ctrl-C nor a kill of the launcher's process group takes it along.
    const child = spawn(process.execPath, [...process.execArgv, programFile("tools/launch/reaper")], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    })
    child.unref()
    // Writing to a reaper that has just died; its exit starts the next one.
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
