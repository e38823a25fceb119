// @ts-check
// For steps that run before anything is compiled: Node's own modules only.
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

/**
 * The first program by one of these names, in the folders of PATH and then in further ones; undefined when there is none. Where
 * `given` is set it is that file or none.
 *
 * @param {string[]} names
 * @param {NodeJS.ProcessEnv} env
 * @param {{ given?: string | undefined, folders?: string[] }} [options]
 */
export function findProgram(names, env, { given, folders = [] } = {}) {
  if (given) return executable(given) ? given : undefined
  const onPath = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "")
  return names.flatMap((name) => [...onPath, ...folders].map((folder) => join(folder, name))).find(executable)
}

/** @param {string} file */
function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch (_) {
    return false
  }
}
