import { buildPrograms } from "../../tools/programs/build.ts"
import { compiledFile, type Program } from "../../tools/programs/paths.ts"
import { RUN_VARIABLE } from "../runner/leftovers.ts"

let compiled: Promise<void> | undefined

/** The file of a program as `npm start` runs it: compiled, which starts in a fraction of the time of its source. Calls `compile`. */
export async function compiledProgram(program: Program): Promise<string> {
  await compile()
  return compiledFile(program)
}

/** As `npm run build`, once a process; within a run, the runner has done so. */
export async function compile(): Promise<void> {
  if (process.env[RUN_VARIABLE] === undefined) compiled ??= buildPrograms()
  await compiled
}
