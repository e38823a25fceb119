import { createHash } from "node:crypto"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { projectDir } from "../../../config/project-dir.ts"
import { runCommand } from "../../../tools/programs/run-command.ts"
import { MissingProgram } from "../missing-program.ts"

const VENV_MS = 60_000
const INSTALL_MS = 180_000

/**
 * A Python with the packages of `requirements.txt`, in a venv below `.cache`; made once.
 *
 * @throws {MissingProgram} no Python, or what pip says
 */
export async function fastapiPython(): Promise<string> {
  const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url))
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12)
  const folder = join(projectDir, ".cache", `fastapi-${hash}`)
  const python = join(folder, "bin/python3")
  const complete = join(folder, "complete")
  if (existsSync(complete)) return python

  console.error("making a venv for the FastAPI reference: once ...")
  rmSync(folder, { recursive: true, force: true })
  await run("python3", ["-m", "venv", folder], VENV_MS)
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements]
  await run(python, pip, INSTALL_MS)
  writeFileSync(complete, "")
  return python
}

async function run(file: string, args: readonly string[], timeoutMs: number): Promise<void> {
  const { ok, reason } = await runCommand(file, args, { timeoutMs })
  if (!ok) throw new MissingProgram(reason)
}
