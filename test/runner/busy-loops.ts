import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { setPriority } from "node:os"
import { fileURLToPath } from "node:url"

/** As of `nice -n 10`: they get the processor less often than what they disturb. */
const PRIORITY = 10

const PROGRAM = fileURLToPath(new URL("busy-loop.mjs", import.meta.url))

/** Processes of low priority that compute without an end, for tests to run on a busy machine. */
export class BusyLoops {
  readonly #children: readonly ChildProcess[]

  constructor(count: number) {
    this.#children = Array.from({ length: count }, () => {
      const child = spawn(process.execPath, [PROGRAM, String(process.pid)], { stdio: "ignore" })
      if (child.pid !== undefined) setPriority(child.pid, PRIORITY)
      return child
    })
  }

  get pids(): number[] {
    return this.#children.map(({ pid }) => pid ?? 0)
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const gone = once(child, "exit")
        if (child.kill("SIGKILL")) await gone
      }),
    )
  }
}
