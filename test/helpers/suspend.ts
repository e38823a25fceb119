import { execFileSync } from "node:child_process"
import { until } from "./until.ts"

/** Lists threads, too: each of them stops by itself. */
const THREADS = process.platform === "linux" ? ["-L"] : []

/** Stops a process with SIGSTOP. Resolves when it stands still: a thread that is busy goes on for a moment. */
export async function suspend(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP")
  await until(`process ${pid} to stand still`, () => {
    const states = execFileSync("ps", [...THREADS, "-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
    return /^(?:\s*T\S*\s*)+$/.test(states)
  })
}
