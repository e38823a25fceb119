import { readFile, readlink, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"

/** The folder is used by another process, or by another publisher of this one. */
export class OutboxBusyError extends Error {
  override readonly name = "OutboxBusyError"
}

/** The folders that this process uses. */
const own = new Set<string>()

/**
 * Takes a folder for this process, and resolves with a function that gives it back. A file names the process that has it; if that does
 * not run any more, the folder is free.
 *
 * @throws {OutboxBusyError}
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  if (own.has(folder)) throw new OutboxBusyError(`${folder} is used by this process already`)
  own.add(folder)
  const path = join(folder, "lock")
  try {
    await take(path)
  } catch (error) {
    own.delete(folder)
    throw error
  }
  return async () => {
    await rm(path, { force: true })
    own.delete(folder)
  }
}

async function take(path: string): Promise<void> {
  for (;;) {
    try {
      await mark(path)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
    const pid = Number(await readlink(path).catch(() => readFile(path, "utf8").catch(() => "")))
    if (isRunning(pid)) throw new OutboxBusyError(`${path}: process ${pid} uses it`)
    await rm(path, { force: true })
  }
}

/** A link needs no room on a full disk. Windows allows links to few; there it is a file. */
async function mark(path: string): Promise<void> {
  try {
    await symlink(String(process.pid), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error
    await writeFile(path, String(process.pid), { flag: "wx" })
  }
}

/** This process itself does not count: in a container, the one before often had the same number. */
function isRunning(pid: number): boolean {
  if (pid === 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
