import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { projectDir } from "../../config/project-dir.ts"
import type { FileResult, RunFile } from "./messages.ts"

/** A file that takes longer hangs. */
const FILE_MS = 15 * 60_000

/** Larger than Node's, for a worker also runs products: with fewer collections it takes 7 % less processor time. */
const YOUNG_GENERATION = "--max-semi-space-size=64"

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url))

export interface PoolOptions {
  /** Processes at a time. */
  readonly jobs: number
  /** What the processes print goes into files here. */
  readonly outputDir: string
  readonly env: NodeJS.ProcessEnv
  /** Leaves out the tests whose full title holds this. Default: none. */
  readonly without: string
  /** Told of each file when it is over, with all that it printed. `crash` says why its process ended in the middle. */
  readonly onFile: (result: FileResult, output: string, crash: string | undefined) => void
}

/** Runs test files in a few processes, each of which takes the next file when it is done with one. */
export class Pool {
  readonly #options: PoolOptions
  readonly #waiting: string[]
  readonly #children = new Set<ChildProcess>()
  #workers = 0

  /** @param files in the order in which they are to be started */
  constructor(files: readonly string[], options: PoolOptions) {
    this.#waiting = [...files]
    this.#options = options
  }

  /** Resolves when all files are over and no worker runs any more. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.jobs }, () => this.#work()))
  }

  /** Starts no further file, and ends the workers. */
  stop(): void {
    this.#waiting.length = 0
    for (const child of this.#children) child.kill("SIGKILL")
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const worker = new Worker(join(this.#options.outputDir, `worker-${++this.#workers}.log`), this.#options)
      this.#children.add(worker.child)
      let isAlive = true
      while (isAlive) {
        const file = this.#waiting.shift()
        if (file === undefined) break
        const { result, output, crash } = await worker.runFile(file)
        this.#options.onFile(result, output, crash)
        isAlive = crash === undefined
      }
      await worker.end()
      this.#children.delete(worker.child)
    }
  }
}

class Worker {
  readonly child: ChildProcess
  readonly #outputFile: string
  readonly #exited: Promise<unknown[]>
  #shown = 0

  constructor(outputFile: string, { env, without }: PoolOptions) {
    this.#outputFile = outputFile
    // To a file, which is written at once: when a result comes, all that was printed before it is there.
    const output = openSync(outputFile, "a")
    const args = [YOUNG_GENERATION, "--import=tsx", "--conditions=@res-service/source", WORKER, without]
    this.child = spawn(process.execPath, args, { cwd: projectDir, env, stdio: ["ignore", output, output, "ipc"] })
    closeSync(output)
    this.#exited = once(this.child, "exit")
  }

  async runFile(file: string): Promise<{ result: FileResult; output: string; crash: string | undefined }> {
    const started = performance.now()
    let crash: string | undefined
    const hung = setTimeout(() => {
      crash = `it took more than ${FILE_MS / 60_000} minutes`
      this.child.kill("SIGKILL")
    }, FILE_MS)
    const over = new AbortController()
    const message = once(this.child, "message", { signal: over.signal }).then(([result]) => result as FileResult)
    this.child.send({ file } satisfies RunFile)
    const result = await Promise.race([
      message,
      this.#exited.then(([status, signal]) => {
        crash ??= `its process ended with ${status ?? signal}`
        return { file, tests: [], durationMs: Math.round(performance.now() - started), cpuMs: 0 }
      }),
    ])
    clearTimeout(hung)
    message.catch(() => {})
    over.abort()
    return { result, output: this.#output(), crash }
  }

  async end(): Promise<void> {
    if (this.child.connected) this.child.disconnect()
    await this.#exited
  }

  #output(): string {
    const all = readFileSync(this.#outputFile)
    const fresh = all.subarray(this.#shown).toString()
    this.#shown = all.length
    return fresh
  }
}
