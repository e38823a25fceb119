// A step of `npm run test:swift`: on Debian, as root, installs a Swift of a later Debian into a folder of its own (a minute, 2.6 GB). On
// other systems, or if this fails, the tests of clients/swift are skipped and say what is missing.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { findProgram } from "../programs/find-program.ts"
import { cacheDir } from "../programs/paths.ts"

/** Oldest version that the package compiles with. */
const LEAST_MAJOR = 6
/** Debian has had Swift 6 since this release. */
const RELEASE = "trixie"
const PACKAGES = ["swiftlang", "libcurl4-openssl-dev", "libxml2-dev", "ca-certificates"]
const TIMEOUT_MS = 600_000

const root = join(cacheDir, `swift-${RELEASE}`)

/** What is missing when there is no Swift. */
export const NO_SWIFT = `Swift ${LEAST_MAJOR}: put swift on PATH (on Debian, as root, \`npm run test:swift\` installs it)`

/** A program to spawn. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

/** `swift` with some arguments. */
export interface SwiftCommand {
  readonly args: readonly string[]
  readonly cwd: string
  /** The folders that it uses, which exist; the installed Swift sees no others. */
  readonly folders: readonly string[]
}

/** How to run `swift`: the one on PATH if it is new enough, else the installed one; undefined if there is neither. */
export function findSwift(): ((command: SwiftCommand) => Command) | undefined {
  const onPath = findProgram(["swift"])
  if (onPath !== undefined && majorOf(onPath) >= LEAST_MAJOR) return ({ args }) => ({ file: onPath, args })
  return isRoot() && existsSync(root) ? inRoot : undefined
}

/**
 * Enters the folder of the installed system. All mounts are in a namespace of the process's own, so they vanish with it, and nobody who
 * deletes the folder deletes what was mounted there.
 */
function inRoot({ args, cwd, folders }: SwiftCommand): Command {
  const enter = `set -e
root=$1 cwd=$2; shift 2
mount --rbind /proc "$root/proc"; mount --rbind /dev "$root/dev"; mount -t tmpfs tmpfs "$root/tmp"
while [ "$1" != swift ]; do mkdir -p "$root$1"; mount --rbind "$1" "$root$1"; shift; done
exec chroot "$root" /usr/bin/env HOME=/root PATH=/usr/bin:/bin sh -c 'cd "$1"; shift; exec "$@"' sh "$cwd" "$@"`
  const inside = ["sh", "-c", enter, "sh", root, cwd, ...folders, "swift", ...args]
  return { file: "unshare", args: ["--mount", "--propagation", "private", ...inside] }
}

function majorOf(swift: string): number {
  const { stdout } = spawnSync(swift, ["--version"], { encoding: "utf8", timeout: TIMEOUT_MS })
  return Number(/Swift version (\d+)/.exec(stdout)?.[1] ?? 0)
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** Installs Swift, unless there is one. */
export function fetchSwift(): void {
  if (findSwift() !== undefined) return
  if (!isRoot() || !isDebian()) return
  console.error(`installing Swift for the tests of clients/swift (${PACKAGES[0]} of Debian ${RELEASE}, 2.6 GB) ...`)
  const started = Date.now()
  const draft = `${root}.draft`
  rmSync(draft, { recursive: true, force: true })
  try {
    if (findProgram(["debootstrap"]) === undefined) {
      run("apt-get", ["update"])
      run("apt-get", ["install", "--yes", "--no-install-recommends", "debootstrap"])
    }
    // debootstrap mounts /proc in the folder, too.
    const namespace = ["--mount", "--propagation", "private"]
    run("unshare", [...namespace, "debootstrap", "--variant=minbase", RELEASE, draft, mirror()])
    const install = `mount --rbind /proc "$1/proc" && chroot "$@"`
    const inside = ["sh", "-c", install, "sh", draft, "apt-get", "install", "--yes", "--no-install-recommends"]
    run("unshare", [...namespace, ...inside, ...PACKAGES])
    rmSync(join(draft, "var/cache/apt/archives"), { recursive: true })
    renameSync(draft, root)
    console.error(`installed Swift in ${Math.round((Date.now() - started) / 1000)} s`)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}: the tests of clients/swift will be skipped`)
    rmSync(draft, { recursive: true, force: true })
  }
}

function isDebian(): boolean {
  return existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"))
}

/** The archive that this system's apt uses. */
function mirror(): string {
  for (const file of ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"]) {
    if (!existsSync(file)) continue
    const found = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+)/m.exec(readFileSync(file, "utf8"))?.[1]
    if (found !== undefined) return found
  }
  throw new Error("apt's sources name no archive")
}

function run(file: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(file, args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    encoding: "utf8",
    timeout: TIMEOUT_MS,
  })
  if (status !== 0) throw new Error(`${file} failed (${error?.message ?? stderr.trim().split("\n").at(-1)})`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) fetchSwift()
