// @ts-check
// A step of `npm test`: gets the Caddy that the proxy's configuration is tested with, where that takes one command: out of
// Debian's package, without installing it. Elsewhere, and when it fails, that test is skipped and says what is missing.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { findProgram } from "./find-program.mjs"

const TIMEOUT_MS = 120_000
const folder = fileURLToPath(new URL("../.cache/caddy", import.meta.url))

/**
 * The Caddy to test with: CADDY_BIN, one on PATH, or the one that was fetched; undefined when there is none.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function findCaddy(env = process.env) {
  return findProgram(["caddy"], env, { given: env.CADDY_BIN, folders: [folder] })
}

function fetchCaddy() {
  if (findCaddy() !== undefined || process.env.CADDY_BIN) return
  if (!runs("apt-get", ["--version"]) || !runs("dpkg-deb", ["--version"])) return
  console.error("fetching Caddy for the proxy's test (apt-get download caddy) ...")
  mkdirSync(folder, { recursive: true })
  const draft = mkdtempSync(join(folder, "draft-"))
  try {
    const download = ["download", "caddy"]
    // A new machine has no lists of packages yet, and only root may get them.
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

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} [cwd]
 */
function runs(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: "ignore", timeout: TIMEOUT_MS })
  return status === 0
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) fetchCaddy()
