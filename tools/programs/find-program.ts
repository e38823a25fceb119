import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

/** Whether `file` exists and this user may execute it. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The programs called `name` in the folders of `path`, a list as in the variable PATH, in its order. */
export function programsOnPath(name: string, path = process.env.PATH ?? ""): string[] {
  const folders = path.split(delimiter).filter((folder) => folder !== "")
  return folders.map((folder) => join(folder, name)).filter(isExecutable)
}

/**
 * The first program with one of these names on PATH. If `given` (the value of a setting) is not empty, only that file counts.
 * Undefined when there is none.
 */
export function findProgram(names: readonly string[], given?: string, path?: string): string | undefined {
  if (given) return isExecutable(given) ? given : undefined
  return names.flatMap((name) => programsOnPath(name, path))[0]
}
