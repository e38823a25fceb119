import { join } from "node:path"
import { fromSource, projectDir } from "../../config/project-dir.ts"

/** Where binaries are kept that `npm start` has built or downloaded. Git-ignored; safe to delete. */
export const cacheDir = join(projectDir, ".cache")

/** A program of the project: its path from the root, without an ending. */
export type Program =
  | "service/main"
  | "service/archive/main"
  | "edge/main"
  | "res-service/src/gateway/main"
  | "tools/launch/reaper"
  | "tools/launch/start"
  | "tools/demo/main"

/** The file that runs a program in the mode that this process runs in: its source, or what `npm run build` made of it. */
export function programFile(program: Program): string {
  return fromSource ? join(projectDir, `${program}.ts`) : compiledFile(program)
}

/** What `npm run build` makes of a program. */
export function compiledFile(program: Program): string {
  const library = "res-service/src/"
  return program.startsWith(library)
    ? join(projectDir, "res-service/dist", `${program.slice(library.length)}.js`)
    : join(projectDir, "dist", `${program}.js`)
}
