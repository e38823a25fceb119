import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { runCommand } from "../../tools/programs/run-command.ts"

/** The variable that all processes of a run inherit. */
export const RUN_VARIABLE = "SHOPWIRE_TEST_RUN"

/** Time for processes that stop by themselves: a launcher's reaper gives them 8 s. */
const PATIENCE_MS = 10_000

/** Made by builds and installs on purpose. */
const EXPECTED = /(^|\/)(node_modules|dist|\.cache)\/$/

/** A process that a run has left. */
export interface LeftProcess {
  readonly pid: number
  readonly command: string
}

/**
 * Processes that have inherited the mark of a run, once they had time to end. Each has a port or a file open at most as long
 * as it runs. Looks into /proc: empty where there is none.
 */
export async function leftProcesses(mark: string, patienceMs = PATIENCE_MS): Promise<readonly LeftProcess[]> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const left = markedProcesses(mark)
    if (left.length === 0 || Date.now() > deadline) return left
    await sleep(50)
  }
}

function markedProcesses(mark: string): LeftProcess[] {
  if (!existsSync("/proc/self/environ")) return []
  const left: LeftProcess[] = []
  for (const name of readdirSync("/proc")) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    try {
      const isMarked = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${RUN_VARIABLE}=${mark}`)
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
      // A process that has ended and was not waited for yet has no command any more.
      if (isMarked && command !== "") left.push({ pid, command })
    } catch {
      // Gone in between, or another user's.
    }
  }
  return left
}

/** Names of what lies in the folder for temporary files, tsx's cache left out. */
export function leftFiles(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => !name.startsWith("tsx-"))
}

/** Each changed, untracked and unexpected ignored file of a git tree, with its content. */
export type TreeState = ReadonlyMap<string, string>

/** Empty where there is no git. */
export async function treeState(folder: string): Promise<TreeState> {
  const args = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignored=matching"]
  const { ok, stdout } = await runCommand("git", args, { cwd: folder, timeoutMs: 60_000 })
  const state = new Map<string, string>()
  // As in `?? path`: two letters, what became of the file, and its path.
  for (const line of ok ? stdout.split("\0") : []) {
    const path = line.slice(3)
    if (path !== "" && !EXPECTED.test(path)) state.set(path, `${line.slice(0, 2)} ${contentOf(join(folder, path))}`)
  }
  return state
}

/** The paths in which two states differ. */
export function changesBetween(before: TreeState, after: TreeState): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()])
  return [...paths].filter((path) => before.get(path) !== after.get(path)).sort()
}

function contentOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex")
  } catch {
    return "no file"
  }
}
