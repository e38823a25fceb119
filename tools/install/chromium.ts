// A step of `npm test`: installs Chromium for the browser tests, on Debian as root. On other systems, or if this fails, these tests
// are skipped and say what is missing. `npm start` never needs it.
import { spawnSync } from "node:child_process"
import { pathToFileURL } from "node:url"
import { findProgram } from "../programs/find-program.ts"

/** The one without a user interface first: the tests take half of the processor time with it. */
const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
const PACKAGE = "chromium-headless-shell"
const APT_TIMEOUT_MS = 180_000

/** The Chromium for tests: CHROMIUM_BIN, else one on PATH; undefined if there is none. */
export function findChromium(): string | undefined {
  return findProgram(NAMES, process.env.CHROMIUM_BIN)
}

function install(): void {
  if (findChromium() !== undefined || process.env.CHROMIUM_BIN) return
  if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0) return
  console.error(`installing Chromium for the browser tests (apt-get install ${PACKAGE}) ...`)
  const started = Date.now()
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", PACKAGE]]) {
    const { status, stderr, error } = spawnSync("apt-get", args, {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      encoding: "utf8",
      timeout: APT_TIMEOUT_MS,
    })
    if (status !== 0) {
      const reason = error?.message ?? stderr.trim().split("\n").at(-1)
      console.error(`apt-get ${args[0]} failed (${reason}): the browser tests will be skipped`)
      return
    }
  }
  console.error(`installed Chromium in ${Math.round((Date.now() - started) / 1000)} s`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) install()
