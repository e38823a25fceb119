import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

/** A process that can be distinguished from a later one with the same id. */
export interface KnownProcess {
  readonly pid: number
  /** The result of `processIdentity` while it was certainly this process. */
  readonly identity: string
}

/** Start time and command line of a running process; undefined if there is none with this id. */
export function processIdentity(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-ww", "-o", "lstart=,command=", "-p", String(pid)], { encoding: "utf8" }).trim()
    }
    // The name is in brackets and may contain spaces and brackets; after it come the state and numbers.
    const [state, ...numbers] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
    if (state === "Z" || state === "X") return undefined
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
    // proc(5): field 22 is the start in ticks since boot; `state` is field 3.
    return `${numbers[18]} ${commandLine}`
  } catch {
    return undefined
  }
}

export function stillRuns({ pid, identity }: KnownProcess): boolean {
  return processIdentity(pid) === identity
}

/** Sends a process SIGTERM, and SIGKILL if it is still there after `patienceMs`. Resolves when it is gone. */
export async function stopProcess(known: KnownProcess, patienceMs: number): Promise<void> {
  signal(known, "SIGTERM")
  const deadline = Date.now() + patienceMs
  while (stillRuns(known)) {
    if (Date.now() > deadline) signal(known, "SIGKILL")
    await sleep(20)
  }
}

function signal(known: KnownProcess, name: NodeJS.Signals): void {
  if (!stillRuns(known)) return
  try {
    process.kill(known.pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
