import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "../helpers/ports.ts"

const START_TIMEOUT_MS = 15_000
const STOP_TIMEOUT_MS = 5_000

export interface SpawnedGateway {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts a gateway from a command in which `{config}` is replaced by a configuration file with `settings`, `{port}` and
 * `{nats}` by its port and the NATS URL.
 */
export async function spawnGateway(
  command: string,
  settings: Record<string, unknown>,
  natsUrl: string,
): Promise<SpawnedGateway> {
  const port = typeof settings.port === "number" ? settings.port : await freePort()
  const folder = await mkdtemp(join(tmpdir(), "gateway-"))
  const file = join(folder, "config.json")
  await writeFile(file, JSON.stringify({ natsUrl, addr: "127.0.0.1", port, ...settings }))
  const filled = command.replaceAll("{config}", file).replaceAll("{port}", String(port)).replaceAll("{nats}", natsUrl)
  const [program = "", ...args] = filled.split(" ").filter((part) => part !== "")
  // A process group of its own: a command like `npm run` starts others, which must end with it.
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-5_000)
    })
  }
  const exited = once(child, "exit").catch(() => [])
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // Nobody left in the group.
    }
  }
  const lastResort = (): void => kill("SIGKILL")
  process.once("exit", lastResort)
  const stop = async (): Promise<void> => {
    kill("SIGTERM")
    const timer = setTimeout(lastResort, STOP_TIMEOUT_MS)
    if (child.exitCode === null && child.signalCode === null) await exited
    clearTimeout(timer)
    lastResort()
    process.off("exit", lastResort)
    await rm(folder, { recursive: true, force: true })
  }
  const end = Date.now() + START_TIMEOUT_MS
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > end) {
      await stop()
      throw new Error(`the gateway did not start:\n${output}`)
    }
    await sleep(30)
  }
  return { url: `http://127.0.0.1:${port}`, stop }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })
}
