import { existsSync } from "node:fs"
import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runCommand } from "../../tools/programs/run-command.ts"

const COPY_MS = 300_000

/** A fresh clone of the project's last commit, in a temporary folder. */
export interface Clone {
  readonly folder: string
  remove(): Promise<void>
}

/**
 * Clones a git repository, with its node_modules and .cache, which git does not hold: by hard links where the system can, so
 * that it costs seconds.
 */
export async function cloneProject(project: string): Promise<Clone> {
  const folder = await mkdtemp(join(tmpdir(), "shopwire-stress-"))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const { ok, reason } = await runCommand("git", ["clone", "--quiet", project, folder], {
      timeoutMs: COPY_MS,
    })
    if (!ok) throw new Error(`${project} could not be cloned: ${reason}`)
    for (const name of ["node_modules", ".cache"]) {
      if (existsSync(join(project, name))) await link(join(project, name), join(folder, name))
    }
    return { folder, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function link(from: string, to: string): Promise<void> {
  // GNU's cp makes hard links of a whole tree; others don't know how.
  const linked = await runCommand("cp", ["-al", from, to], { timeoutMs: COPY_MS })
  if (linked.ok) return
  await rm(to, { recursive: true, force: true })
  await cp(from, to, { recursive: true, verbatimSymlinks: true })
}
