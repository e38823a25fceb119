import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { projectDir } from "../../config/project-dir.ts"
import { PATIENCE_MS } from "./until.ts"

/** A fenced block of a page: code, and what the line of its fence says. */
export interface DocBlock {
  readonly code: string
  /** As in "sh". */
  readonly language: string
  /** As in "sh run=backup": a test runs it by this name. */
  readonly run: string | undefined
  /** As in "sh not-run": no test runs it. */
  readonly isNotRun: boolean
}

const FENCE = /^( *)```(\w+)([^\n]*)\n([\s\S]*?)^\1```$/gm

/** The fenced blocks of a page that name a language. */
export function docBlocks(page: string): DocBlock[] {
  return [...readFileSync(join(projectDir, page), "utf8").matchAll(FENCE)].map(
    ([, indent = "", language = "", info = "", code = ""]) => ({
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      language,
      run: / run=([\w-]+)/.exec(info)?.[1],
      isNotRun: / not-run\b/.test(info),
    }),
  )
}

/** The code of the block of a page that is run by this name. `test/unit/doc-commands.test.ts` checks that a test asks for each. */
export function docBlock(page: string, run: string): string {
  const found = docBlocks(page).filter((block) => block.run === run)
  const [block] = found
  if (block === undefined || found.length > 1) throw new Error(`${page} has ${found.length} blocks run=${run}`)
  return block.code
}

export interface RunOptions {
  /** Variables of the block. */
  readonly env?: Readonly<Record<string, string>>
  /** Addresses of the page, and those of the test in their place. */
  readonly addresses?: Readonly<Record<string, string>>
  /** Where it runs. Default: the project's folder. */
  readonly folder?: string
}

/** Runs such a block as a reader does, by `sh`, which ends at the first failure. Resolves to its output. */
export async function runDocBlock(
  page: string,
  run: string,
  { env = {}, addresses = {}, folder = projectDir }: RunOptions = {},
): Promise<string> {
  const code = Object.entries(addresses).reduce((text, [from, to]) => text.replaceAll(from, to), docBlock(page, run))
  const options = { cwd: folder, env: { ...process.env, MONGO_URL: "", ...env }, timeout: 2 * PATIENCE_MS }
  const { stdout } = await promisify(execFile)("sh", ["-euc", code], options)
  return stdout
}
