// A step of `npm test`, and of `npm start -- --cluster`: on Debian and Ubuntu, takes Caddy out of its package, without installing it. On
// other systems, or if this fails, tests with Caddy are skipped and say what is missing.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { delimiter, join } from "node:path"
import { pathToFileURL } from "node:url"
import { projectDir } from "../../config/project-dir.ts"
import { findProgram } from "../programs/find-program.ts"
import { cacheDir } from "../programs/paths.ts"

const TIMEOUT_MS = 120_000
const folder = join(cacheDir, "caddy")

/** What is missing when there is no Caddy. */
export const NO_CADDY =
  "Caddy: put caddy on PATH, or name it by CADDY_BIN (on Debian and Ubuntu it is fetched with apt-get)"

/** CADDY_BIN, else the Caddy on PATH, else the fetched one; undefined if there is none. */
export function findCaddy(): string | undefined {
  return findProgram(["caddy"], process.env.CADDY_BIN, `${process.env.PATH ?? ""}${delimiter}${folder}`)
}

/** Fetches Caddy, unless there is one. */
export function fetchCaddy(): void {
  if (findCaddy() !== undefined || process.env.CADDY_BIN) return
  if (!runs("apt-get", ["--version"]) || !runs("dpkg-deb", ["--version"])) return
  console.error("fetching Caddy (apt-get download caddy) ...")
  mkdirSync(folder, { recursive: true })
  const draft = mkdtempSync(join(folder, "draft-"))
  try {
    const download = ["download", "caddy"]
    // A new machine has no package lists yet, and only root can get them.
    const isThere =
      runs("apt-get", download, draft) ||
      (process.getuid?.() === 0 && runs("apt-get", ["update"]) && runs("apt-get", download, draft))
    const [file] = readdirSync(draft)
    if (!isThere || file === undefined || !runs("dpkg-deb", ["--extract", file, "."], draft)) {
      console.error("that failed: there is no Caddy")
      return
    }
    renameSync(join(draft, "usr/bin/caddy"), join(folder, "caddy"))
  } finally {
    rmSync(draft, { recursive: true })
  }
}

function runs(command: string, args: readonly string[], cwd = projectDir): boolean {
  const { status } = spawnSync(command, args, { cwd, stdio: "ignore", timeout: TIMEOUT_MS })
  return status === 0
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) fetchCaddy()
