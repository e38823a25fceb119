import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, writeFileSync } from "node:fs"

/** On Debian and Ubuntu. */
const PACKAGE = "libfaketime"
const APT_TIMEOUT_MS = 120_000

/** The wall clock of a process, which can be set from its next start on. Its monotonic clock is left alone. */
export class Clock {
  readonly #library: string
  readonly #file: string

  private constructor(library: string, file: string) {
    this.#library = library
    this.#file = file
    this.set(0)
  }

  /**
   * By libfaketime. Undefined where it is not there and can't be installed.
   *
   * @param file to be made, for this clock alone
   */
  static create(file: string): Clock | undefined {
    const library = find() ?? install()
    return library === undefined ? undefined : new Clock(library, file)
  }

  /** What the process needs in its environment. */
  get env(): NodeJS.ProcessEnv {
    return { LD_PRELOAD: this.#library, FAKETIME_TIMESTAMP_FILE: this.#file, DONT_FAKE_MONOTONIC: "1" }
  }

  /** @param aheadS seconds that the clock is ahead of the others, or behind if negative */
  set(aheadS: number): void {
    writeFileSync(this.#file, `${aheadS < 0 ? "" : "+"}${aheadS}s`)
  }
}

/** What is missing when a clock can't be set. */
export const NO_CLOCK = `${PACKAGE} (apt-get install ${PACKAGE})`

/** As root only. */
function install(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", PACKAGE]])
    if (spawnSync("apt-get", args, { stdio: "ignore", timeout: APT_TIMEOUT_MS }).status !== 0) return undefined
  return find()
}

/** Debian puts it into `/usr/lib/<architecture>/faketime`. */
function find(): string | undefined {
  if (!existsSync("/usr/lib")) return undefined
  const files = readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`)
  return files.find((file) => existsSync(file))
}
