import { extname, join, sep } from "node:path"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(import.meta.url)

/** True when this code runs from source (under tsx), false when it runs in a program that `npm run build` has made. */
export const fromSource = extname(here) === ".ts"

/** The root of the repository, or of the image. A built program is somewhere in its `dist/`. */
export const projectDir = fromSource ? join(here, "../..") : here.slice(0, here.lastIndexOf(`${sep}dist${sep}`))

/** The output of `npm run build:web`: one folder per app. */
export const pagesDir = join(projectDir, "web/dist")
