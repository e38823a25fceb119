// A step of `npm test`: on Debian and Ubuntu, takes Caddy for the proxy's tests out of its package, without installing it. On other
// systems, or if this fails, these tests are skipped and say what is missing.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { delimiter, join } from "node:path"
import { pathToFileURL } from "node:url"
import { projectDir } from "../../config/project-dir.ts"
import { findProgram } from "../programs/find-program.ts"
import { cacheDir } from "../programs/paths.ts"

const TIMEOUT_MS = 120_000
const folder = join(cacheDir, "caddy")

/** The Caddy for tests: CADDY_BIN, else one on PATH, else the fetched one; undefined if there is none. */
export function findCaddy(): string | undefined {
  return findProgram(["caddy"], process.env.CADDY_BIN, `${process.env.PATH ?? ""}${delimiter}${folder}`)
}

function fetchCaddy(): void {
  if (findCaddy() !== undefined || process.env.CADDY_BIN) return
  if (!runs("apt-get", ["--version"]) || !runs("dpkg-deb", ["--version"])) return
  console.error("fetching Caddy for the proxy's test (apt-get download caddy) ...")
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
      console.error("that failed: the proxy's test will be skipped")
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
