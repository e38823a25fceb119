import { dirname, extname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(import.meta.url)

/** True when this code runs from source (under tsx), false when it runs compiled from `dist/`. */
export const fromSource = extname(here) === ".ts"

/** The root of the repository, or of the image. */
export const projectDir = join(dirname(here), fromSource ? ".." : "../..")

/** The output of `npm run build:web`: one folder per app. */
export const pagesDir = join(projectDir, "web/dist")
