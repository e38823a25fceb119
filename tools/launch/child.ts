import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"

/** First and longest pause before a process that died is started again, in ms; doubled each time. */
const FIRST_PAUSE_MS = 250
const GREATEST_PAUSE_MS = 5000

/** After living this long, in ms, a process has recovered, and the next pause is the first again. */
const RECOVERED_MS = 10_000

/** Time for a process to stop, in ms; then it is killed. */
const DRAIN_MS = 8000

/** A process that dies this often before it was ever ready is given up. */
const HOPELESS_EXITS = 3

/** What to run. */
export interface ChildProgram {
  /** For people: "service". */
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  /** Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
}

export interface ChildOptions extends ChildProgram {
  /** Called with each line that the process prints. */
  readonly line: (text: string) => void
  /** Called with the launcher's own messages about the process. */
  readonly say: (text: string) => void
  readonly onStart: (pid: number) => void
  readonly onExit: (pid: number) => void
}

/** A process that is restarted, with growing pauses, whenever it ends unasked. */
export class Child {
  readonly #options: ChildOptions
  #process: ChildProcess | undefined
  #wanted = false
  #pauseMs = FIRST_PAUSE_MS
  #timer: NodeJS.Timeout | undefined
  #exits = 0
  #lastExit = ""
  #lastLine = ""

  constructor(options: ChildOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Does nothing if it runs. */
  start(): void {
    if (this.#process !== undefined) return
    this.#wanted = true
    this.#spawn()
  }

  /** Why it will never be ready, after it has died several times. To be called only until it was ready. */
  hopeless(): string | undefined {
    if (this.#exits < HOPELESS_EXITS) return undefined
    return `${this.name} ended ${this.#exits} times, last with ${this.#lastExit}${this.#lastLine && `: ${this.#lastLine}`}`
  }

  /** Sends SIGTERM, and SIGKILL if it does not stop in time. Resolves when it is gone and its last lines are printed. */
  async stop(): Promise<void> {
    this.#wanted = false
    clearTimeout(this.#timer)
    const child = this.#process
    if (child === undefined) return
    const gone = once(child, "exit")
    // A grandchild may keep the pipes open, so this wait is bounded.
    const silent = once(child, "close")
    child.kill("SIGTERM")
    child.kill("SIGCONT")
    const killer = setTimeout(() => {
      this.#options.say(`${this.name} did not stop within ${DRAIN_MS / 1000} s: killing it`)
      child.kill("SIGKILL")
    }, DRAIN_MS)
    await gone
    clearTimeout(killer)
    await Promise.race([silent, sleep(500, undefined, { ref: false })])
  }

  /** Sends SIGKILL, and does not restart it. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#wanted = false
    clearTimeout(this.#timer)
    const child = this.#process
    if (child === undefined) return
    const gone = once(child, "exit")
    child.kill("SIGKILL")
    await gone
  }

  /** Stops it with SIGSTOP: it does nothing until `resume`, and its connections stay open. */
  pause(): void {
    this.#process?.kill("SIGSTOP")
  }

  /** Lets it go on after `pause`. */
  resume(): void {
    this.#process?.kill("SIGCONT")
  }

  /** Stops it and starts it again at once, e.g. after a change of its source. */
  async restart(): Promise<void> {
    await this.stop()
    this.#pauseMs = FIRST_PAUSE_MS
    this.start()
  }

  #spawn(): void {
    const { file, args, env, line, onStart, onExit } = this.#options
    // In its own session, so that Ctrl-C in the terminal reaches only the launcher, which then stops all in order.
    const child = spawn(file, args, { env: env ?? process.env, detached: true, stdio: ["ignore", "pipe", "pipe"] })
    const started = Date.now()
    const { pid } = child
    this.#process = child
    if (pid !== undefined) onStart(pid)
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (text) => {
        // Skips what follows an error's message: the stack, brackets, and Node's version.
        if (/^[^\s{}]/.test(text) && !text.startsWith("Node.js v")) this.#lastLine = text
        line(text)
      })
    }
    const ended = (how: string): void => {
      if (this.#process !== child) return
      this.#process = undefined
      if (pid !== undefined) onExit(pid)
      this.#exits += 1
      this.#lastExit = how
      if (this.#wanted) this.#startLater(how, Date.now() - started)
    }
    child.once("exit", (code, signal) => ended(signal ?? `exit code ${code}`))
    child.once("error", (error) => ended(error.message))
  }

  #startLater(how: string, aliveMs: number): void {
    if (aliveMs >= RECOVERED_MS) this.#pauseMs = FIRST_PAUSE_MS
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(pauseMs * 2, GREATEST_PAUSE_MS)
    const alive = (aliveMs / 1000).toFixed(1)
    this.#options.say(`${this.name} ended (${how}) after ${alive} s: starting it again in ${pauseMs} ms`)
    this.#timer = setTimeout(() => this.#spawn(), pauseMs)
  }
}
