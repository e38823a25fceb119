import { fileURLToPath } from "node:url"
import { pythonWith } from "../../tools/programs/python.ts"

/**
 * A Python with everything that tests of `/openapi.json` use, in one venv: each further one would be installed again.
 *
 * @throws {MissingProgram}
 */
export async function openapiPython(): Promise<string> {
  const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url))
  return await pythonWith(requirements, "the generated client and Schemathesis")
}
