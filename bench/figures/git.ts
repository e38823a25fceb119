import { execFileSync } from "node:child_process"
import { projectDir } from "../../config/project-dir.ts"

/** The commit that is measured; undefined outside a clone. */
export function thisCommit(): string | undefined {
  return git("rev-parse", "--short=10", "HEAD")?.trim()
}

/** A file as the last commit has it; undefined: it has none. */
export function committedFile(path: string): string | undefined {
  return git("show", `HEAD:${path}`)
}

function git(...args: string[]): string | undefined {
  try {
    return execFileSync("git", args, { cwd: projectDir, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
  } catch {
    return undefined
  }
}
