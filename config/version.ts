import { readFileSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "./project-dir.ts"

/** The product's version, as in package.json. */
export const version: string = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")).version
