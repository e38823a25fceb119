import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { runCommand } from "../programs/run-command.ts"

/** The oldest Go that can build the pinned module (line `go` of tools/nats/go.mod). */
const MIN_GO = { major: 1, minor: 26 }

const PACKAGE = "github.com/nats-io/nats-server/v2"

/**
 * Builds the nats-server that `tools/nats/go.mod` pins into the file `to`. `tools/nats/go.sum` has the hash of every source.
 * Takes seconds with warm Go caches, one to two minutes without.
 *
 * @throws {Error} with one line: no Go, a Go that is too old, or the last line of the build
 */
export async function buildNatsServer(
  to: string,
  options: { progress: (line: string) => void; env: NodeJS.ProcessEnv; version: string },
): Promise<void> {
  const { progress, version } = options
  // `local` never downloads another Go. GOWORK=off ignores a workspace around the clone.
  const env = { ...options.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOWORK: "off" }
  const cwd = join(projectDir, "tools/nats")

  const asked = await runCommand("go", ["env", "GOVERSION"], { env, timeoutMs: 30_000 })
  if (!asked.ok && asked.reason.endsWith("is not there")) throw new Error("no `go` on PATH")
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(asked.stdout) ?? []
  if (major === undefined) throw new Error(`\`go env GOVERSION\` says no version: ${asked.reason}`)
  if (Number(major) !== MIN_GO.major || Number(minor) < MIN_GO.minor) {
    throw new Error(`${asked.stdout.trim()} is older than go${MIN_GO.major}.${MIN_GO.minor}`)
  }

  progress(`building nats-server ${version} with ${asked.stdout.trim()}: once, 1 to 2 minutes with cold Go caches ...`)
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  const ticker = setInterval(() => progress(`still building nats-server (${seconds()} s) ...`), 10_000)
  const built = await runCommand("go", ["build", "-trimpath", "-ldflags", "-s -w", "-o", to, PACKAGE], {
    cwd,
    env,
    timeoutMs: 15 * 60_000,
  })
  clearInterval(ticker)
  if (!built.ok) throw new Error(`\`go build\` failed: ${built.reason}`)
  progress(`built nats-server ${version} in ${seconds()} s`)
}
