import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { pythonWith } from "../../tools/programs/python.ts"
import { runCommand } from "../../tools/programs/run-command.ts"

/** How much is tried. */
export interface Effort {
  /** `coverage` sends each border case of each schema, and takes longest. */
  readonly phases: readonly ("examples" | "coverage" | "fuzzing")[]
  /** Generated requests for each operation. */
  readonly maxExamples: number
  /** The same requests each time, so that no run fails by chance. */
  readonly repeatable: boolean
  readonly timeoutMs: number
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Makes Schemathesis ready, in a Python of its own. @throws {MissingProgram} */
export async function schemathesisPython(): Promise<string> {
  return await pythonWith(file("requirements.txt"), "Schemathesis")
}

/**
 * Compares an edge with its `/openapi.json`: Schemathesis sends generated requests, and checks each answer. `stream` is left out: its answers
 * have no end.
 *
 * Source: Schemathesis 4, "schemathesis run".
 */
export async function schemathesis(
  edgeUrl: string,
  { phases, maxExamples, repeatable, timeoutMs }: Effort,
): Promise<{ readonly ok: boolean; readonly output: string }> {
  const python = await schemathesisPython()
  const folder = mkdtempSync(join(tmpdir(), "shopwire-schemathesis-"))
  const options = [
    ...["--phases", phases.join(","), "--max-examples", String(maxExamples), "--checks", "all"],
    ...[
      "--exclude-operation-id",
      "stream",
      "--warnings",
      "off",
      "--request-timeout",
      "30",
      "--suppress-health-check",
      "all",
    ],
    ...(repeatable ? ["--generation-deterministic"] : []),
  ]
  try {
    const args = ["-m", "schemathesis.cli", "--no-color", "--config-file", file("schemathesis.toml"), "run"]
    const ran = await runCommand(python, [...args, `${edgeUrl}/openapi.json`, ...options], { cwd: folder, timeoutMs })
    return { ok: ran.ok, output: `${ran.stdout}${ran.stderr}` }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
