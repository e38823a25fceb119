import { projectDir } from "../../config/project-dir.ts"
import { runCommand } from "../../tools/programs/run-command.ts"
import { RUN_VARIABLE } from "../runner/leftovers.ts"

const BUILD_MS = 120_000

let built: Promise<void> | undefined

/** As `npm run build:web`, once a process; within a run, the runner has done so. */
export async function buildPages(): Promise<void> {
  if (process.env[RUN_VARIABLE] === undefined) built ??= build()
  await built
}

/** In a process of its own, for Vite changes its environment. */
async function build(): Promise<void> {
  const args = ["--import=tsx", "tools/web/cli.ts"]
  const { ok, reason, stderr } = await runCommand(process.execPath, args, { cwd: projectDir, timeoutMs: BUILD_MS })
  if (!ok) throw new Error(`the pages could not be built: ${reason}\n${stderr}`)
}
