import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runCommand } from "../../tools/programs/run-command.ts"
import { openapiPython } from "../openapi/python.ts"

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

/** Time for an answer, in s: so long that only a fault lets it pass, on a busy machine, too. */
const MOST_S = "30"

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/**
 * Compares an edge with its `/openapi.json`: Schemathesis sends generated requests, and checks each answer. `stream` is left out: its answers
 * have no end.
 *
 * @throws {MissingProgram} there is no Python
 *
 * Source: Schemathesis 4, "schemathesis run".
 */
export async function schemathesis(
  edgeUrl: string,
  { phases, maxExamples, repeatable, timeoutMs }: Effort,
): Promise<{ readonly ok: boolean; readonly output: string }> {
  const python = await openapiPython()
  const folder = mkdtempSync(join(tmpdir(), "shopwire-schemathesis-"))
  const options = [
    ...["--phases", phases.join(","), "--max-examples", String(maxExamples), "--checks", "all"],
    ...[
      "--exclude-operation-id",
      "stream",
      "--warnings",
      "off",
      "--request-timeout",
      MOST_S,
      "--max-response-time",
      MOST_S,
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
