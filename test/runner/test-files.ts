import { existsSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { runCommand } from "../../tools/programs/run-command.ts"

/** Of tests that need a nats-server, and stand in one file with others: what their full titles hold. */
export const SERVER_TITLE = "on nats-server"

/** Suites of their own, run by another command. */
const APART = /^test\/emulator\//

/** Every test file, by its path from the root of the project. */
export function allTests(): Promise<string[]> {
  return testsThatFit(["test/", "res-service/test/"])
}

/** True for a file whose tests need no server, but for those with `SERVER_TITLE` in their titles. */
export function isUnitTest(file: string): boolean {
  return /^(test\/unit|res-service\/test\/(?!integration\/))/.test(file)
}

/** True for a file that `npm test` leaves out: `npm run test:long` runs it. */
export function isLongTest(file: string): boolean {
  return file.endsWith(".long.test.ts")
}

/**
 * The test files that fit one of the patterns: paths of files or folders, or globs as git has them (`**` for folders in
 * between). A file outside of the project is given by its absolute path.
 */
export async function testsThatFit(patterns: readonly string[]): Promise<string[]> {
  const given = patterns.filter((pattern) => pattern.startsWith("/") && existsSync(pattern))
  const specs = patterns.filter((pattern) => !given.includes(pattern)).map((pattern) => `:(glob)${pattern}`)
  if (specs.length === 0) return given
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...specs]
  const { ok, stdout, reason } = await runCommand("git", args, { cwd: projectDir, timeoutMs: 60_000 })
  if (!ok) throw new Error(`git could not list the test files: ${reason}`)
  const listed = stdout.split("\0").filter((file) => file.endsWith(".test.ts") && !APART.test(file))
  // Of what git lists, some may have been deleted.
  return [...given, ...new Set(listed)].filter((file) => existsSync(join(projectDir, file)) || given.includes(file))
}
