import { type FSWatcher, watch } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"

/** Editors save in several steps: changes within this time, in ms, are reported once. */
const SETTLE_MS = 200

const folders = ["config", "contract", "service", "edge", "res-service/src"]

/** Calls `changed` with the name of a changed source file; others may have changed too. */
export function watchSources(changed: (file: string) => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined
  const watchers: FSWatcher[] = folders.map((folder) =>
    watch(join(projectDir, folder), { recursive: true }, (_event, name) => {
      if (name === null || !name.endsWith(".ts")) return
      clearTimeout(timer)
      timer = setTimeout(() => changed(`${folder}/${name}`), SETTLE_MS)
    }),
  )
  return {
    close() {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
    },
  }
}
