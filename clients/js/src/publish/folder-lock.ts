import { open, readdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { Pause } from "./pause.ts"

/** How long processes that open a folder at the same moment wait for each other to give way, in ms. */
const PATIENCE_MS = 500
const PROBE_MS = 20

/** The folder is used by another process, or by another publisher of this one. */
export class OutboxBusyError extends Error {
  override readonly name = "OutboxBusyError"
}

/** The folders that this process uses. */
const own = new Set<string>()

/**
 * Locks a folder for this process, and resolves with a function that unlocks it.
 *
 * Each process makes a file of its own, whose name says which process it is, and has the folder if there is no other running
 * process's file then. Of two that do so at once, at least one sees the other. A file of a process that has ended is removed: its name
 * is never used again, so nobody removes the file of a running one.
 *
 * @throws {OutboxBusyError}
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  if (own.has(folder)) throw new OutboxBusyError(`${folder} is used by this process already`)
  own.add(folder)
  const name = ["lock", process.pid, (await identityOf(process.pid)) ?? "", crypto.randomUUID()].join(".")
  const unlock = async (): Promise<void> => {
    await rm(join(folder, name), { force: true })
    own.delete(folder)
  }
  try {
    // An empty file needs no room on a full disk.
    await (await open(join(folder, name), "wx", 0o600)).close()
    await waitForOthers(folder, name)
  } catch (error) {
    await unlock()
    throw error
  }
  return unlock
}

/** Resolves when no other running process has a lock. Of several that wait for each other, the one with the first name stays. */
async function waitForOthers(folder: string, name: string): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ; await new Pause().wait(PROBE_MS)) {
    const others = await otherLocks(folder, name)
    const [other] = others
    if (other === undefined) return
    if (performance.now() > end || others.some((each) => each < name))
      throw new OutboxBusyError(`${folder} is used by another process: ${other}`)
  }
}

/** The locks of other running processes. Removes those of processes that have ended. */
async function otherLocks(folder: string, name: string): Promise<readonly string[]> {
  const running: string[] = []
  for (const other of await readdir(folder)) {
    const [, pid, identity = ""] = /^lock\.(\d+)\.([^.]*)\./.exec(other) ?? []
    if (pid === undefined || other === name) continue
    if (await isRunning(Number(pid), identity)) running.push(other)
    else await rm(join(folder, other), { force: true })
  }
  return running
}

/** @param identity of the process that made the lock; empty if the system did not tell */
async function isRunning(pid: number, identity: string): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false
  }
  const now = await identityOf(pid)
  if (identity !== "" && now !== undefined) return identity === now
  // In a container, the process before often had the same number.
  return pid !== process.pid
}

/**
 * Tells a process from later ones with the same number, also after a reboot: the boot's ID and the process's start. Undefined if the
 * system does not tell.
 *
 * Source: proc(5), /proc/pid/stat and /proc/sys/kernel/random/boot_id.
 */
async function identityOf(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ])
    // The name is in brackets and may contain spaces and brackets; after it come the state, field 3, and the start, field 22.
    const fields = stat.replace(/^.*\) /s, "").split(" ")
    return fields[0] === "Z" ? "ended" : `${boot.trim()}_${fields[19]}`
  } catch {
    return undefined
  }
}
