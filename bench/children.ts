import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"

const children = new Set<ChildProcess>()
// In case the bench ends in the middle.
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL")
})

/** Starts a program; what it writes to its standard output is read, or ignored. */
export function startChild(file: string, args: readonly string[], options: ChildOptions = {}): ChildProcess {
  const { env, stdout = "ignore" } = options
  const child = spawn(file, args, { env, stdio: ["ignore", stdout, "inherit"] })
  children.add(child)
  child.once("exit", () => children.delete(child))
  return child
}

export interface ChildOptions {
  /** Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Default: ignore. */
  readonly stdout?: "ignore" | "pipe"
}

/** Resolves when it has ended. Does nothing to one that has. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, "exit")
  child.kill(signal)
  await exited
}

/** What a program prints first; its `stdout` is "pipe". Throws when it ends before. */
export async function firstLine(child: ChildProcess): Promise<string> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${child.spawnargs.join(" ")} ended at its start (${code})`)
  })
  ended.catch(() => {})
  if (child.stdout === null) throw new Error("its standard output is not read")
  const [text] = await Promise.race([once(child.stdout, "data"), ended])
  return String(text).trim()
}
