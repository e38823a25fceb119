import { dirname, extname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(import.meta.url)

/** True when this code runs from source (under tsx), false when it runs compiled from `dist/`. */
export const fromSource = extname(here) === ".ts"

/** The root of the repository, or of the image. */
export const projectDir = join(dirname(here), fromSource ? ".." : "../..")

/** Where binaries are kept that `npm start` has built or downloaded. Git-ignored; safe to delete. */
export const cacheDir = join(projectDir, ".cache")

/** A program of the project: its path from the root, without an ending. */
export type Program = "service/main" | "edge/main" | "res-service/src/gateway/main" | "tools/reaper"

/** The file that runs a program in the mode that this process runs in: its source, or what `npm run build` made of it. */
export function programFile(program: Program): string {
  if (fromSource) return join(projectDir, `${program}.ts`)
  const library = "res-service/src/"
  return program.startsWith(library)
    ? join(projectDir, "res-service/dist", `${program.slice(library.length)}.js`)
    : join(projectDir, "dist", `${program}.js`)
}
