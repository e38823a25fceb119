import { createHash } from "node:crypto"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { MissingProgram } from "./missing-program.ts"
import { runCommand } from "./run-command.ts"

const VENV_MS = 180_000
const INSTALL_MS = 300_000

/**
 * The file of a Python with the packages that a `requirements.txt` names, in a venv below `.cache`; made once.
 *
 * @param purpose what it is for, as in "the FastAPI reference"
 * @throws {MissingProgram} no Python, or what pip says
 */
export async function pythonWith(requirements: string, purpose: string): Promise<string> {
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12)
  const folder = join(projectDir, ".cache", `python-${hash}`)
  const python = join(folder, "bin/python3")
  const complete = join(folder, "complete")
  if (existsSync(complete)) return python

  console.error(`making a Python venv for ${purpose}: once ...`)
  rmSync(folder, { recursive: true, force: true })
  await run("python3", ["-m", "venv", folder], VENV_MS)
  // Python compiles a module when it is first used: a few of them are.
  const options = ["--quiet", "--disable-pip-version-check", "--no-compile"]
  const pip = ["-m", "pip", "install", ...options, "--requirement", requirements]
  await run(python, pip, INSTALL_MS)
  writeFileSync(complete, "")
  return python
}

async function run(file: string, args: readonly string[], timeoutMs: number): Promise<void> {
  const { ok, reason } = await runCommand(file, args, { timeoutMs })
  if (!ok) throw new MissingProgram(reason)
}
