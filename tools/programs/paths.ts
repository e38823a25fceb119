import { join } from "node:path"
import { fromSource, projectDir } from "../../config/project-dir.ts"

/** The folder of binaries that `npm start` has built or downloaded. Git-ignored; safe to delete. */
export const cacheDir = join(projectDir, ".cache")

/** A program of the project: its path from the root, without its ending. */
export type Program =
  | "service/main"
  | "service/archive/main"
  | "edge/main"
  | "res-service/src/gateway/main"
  | "tools/launch/reaper"
  | "tools/launch/start"
  | "tools/demo/main"

/** The file of a program in this process's own mode: its source, or the output of `npm run build`. */
export function programFile(program: Program): string {
  return fromSource ? join(projectDir, `${program}.ts`) : compiledFile(program)
}

/** The output of `npm run build` for a program. */
export function compiledFile(program: Program): string {
  const library = "res-service/src/"
  return program.startsWith(library)
    ? join(projectDir, "res-service/dist", `${program.slice(library.length)}.js`)
    : join(projectDir, "dist", `${program}.js`)
}
