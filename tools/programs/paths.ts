import { join } from "node:path"
import { fromSource, projectDir } from "../../config/project-dir.ts"

/** The folder of binaries that `npm start` has built or downloaded. Git-ignored; safe to delete. */
export const cacheDir = join(projectDir, ".cache")

/** The folder that `npm run build` writes. Git-ignored; safe to delete. */
export const buildDir = join(projectDir, "dist")

/** The programs of the project that `npm run build` makes: their paths from the root, without an ending. */
export const programs = [
  "service/main",
  "service/archive/main",
  "edge/main",
  "res-service/src/gateway/main",
  "tools/launch/start",
  "tools/launch/reaper",
  "tools/demo/main",
  "tools/backup/main",
  "tools/containers/service-health",
] as const

export type Program = (typeof programs)[number]

/** The file of a program in this process's own mode: its source, or the output of `npm run build`. */
export function programFile(program: Program): string {
  return fromSource ? join(projectDir, `${program}.ts`) : compiledFile(program)
}

/** The output of `npm run build` for a program. */
export function compiledFile(program: Program): string {
  return join(buildDir, `${program}.js`)
}
