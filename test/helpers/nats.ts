import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { loadSettings } from "../../config/settings.ts"
import { type ClusterMember, natsServerConf } from "../../tools/nats/conf.ts"
import { findNatsServer } from "../../tools/nats/nats-server.ts"
import { freePort } from "./ports.ts"
import { PATIENCE_MS, until } from "./until.ts"

/** A real nats-server of one suite: `startNats` in `before`, `stop` in `after`. */
export interface TestNats {
  readonly url: string
  /** The same after every `restart`. */
  readonly port: number
  /** Temporary; JetStream's files lie below it. */
  readonly storeDir: string
  /** Of the running process; undefined while there is none. */
  readonly pid: number | undefined
  /** SIGTERM, and the files deleted. Does nothing the second time. */
  stop(): Promise<void>
  /** SIGKILL; port and files stay for `restart`. */
  kill(): Promise<void>
  /**
   * Starts it again on the same port with the same files; stops it by SIGTERM first if it runs.
   *
   * @param conf further lines of configuration, instead of those that it had
   */
  restart(conf?: string): Promise<void>
}

export interface StartNatsOptions {
  /** Further lines of configuration in nats-server's own syntax, e.g. `max_payload: 2MB`. */
  readonly conf?: string
  /** As that of `natsServerConf`. */
  readonly syncInterval?: string | undefined
  /** Default: it is alone. */
  readonly cluster?: ClusterMember
  /** Variables that the configuration uses. */
  readonly env?: Readonly<Record<string, string>>
  /** A .tar.gz with the files of a nats-server, which it starts on. Default: none. */
  readonly files?: string
}

let binary: Promise<string> | undefined

const children = new Set<ChildProcess>()
// In case the test run itself is ended in the middle.
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL")
})

/** Starts a real nats-server with JetStream on a free port of 127.0.0.1. Resolves when it takes connections. */
export async function startNats(options: StartNatsOptions = {}): Promise<TestNats> {
  binary ??= findBinary()
  const file = await binary
  const storeDir = await mkdtemp(join(tmpdir(), "shopwire-nats-"))
  let running: ChildProcess | undefined
  // Kept for every restart.
  const port = await freePort()

  let { conf } = options
  const start = async (): Promise<void> => {
    const confFile = join(storeDir, "nats-server.conf")
    const { cluster, syncInterval } = options
    const more = {
      ...(conf === undefined ? {} : { extra: conf }),
      ...(cluster && { cluster }),
      ...(syncInterval && { syncInterval }),
    }
    await writeFile(confFile, natsServerConf({ host: "127.0.0.1", port, storeDir, portsFileDir: storeDir, ...more }))
    const child = spawn(file, ["--config", confFile], {
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "ignore", "pipe"],
    })
    children.add(child)
    child.once("exit", () => children.delete(child))
    let log = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-10_000)
    })
    try {
      await listening(child, storeDir)
    } catch (error) {
      child.kill("SIGKILL")
      throw new Error(`nats-server did not start: ${String(error)}\n${log}`)
    }
    running = child
  }

  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    const child = running
    running = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, "exit")
    child.kill(signal)
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS)
    await gone
    clearTimeout(timer)
  }

  try {
    if (options.files !== undefined) await promisify(execFile)("tar", ["-xzf", options.files, "-C", storeDir])
    await start()
  } catch (error) {
    await rm(storeDir, { recursive: true, force: true })
    throw error
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    storeDir,
    get pid() {
      return running?.pid
    },
    async stop() {
      await end("SIGTERM")
      await rm(storeDir, { recursive: true, force: true })
    },
    kill: () => end("SIGKILL"),
    async restart(other = conf) {
      conf = other
      await end("SIGTERM")
      await start()
    },
  }
}

async function findBinary(): Promise<string> {
  const { NATS_SERVER_BIN } = loadSettings(["NATS_SERVER_BIN"])
  const found = await findNatsServer({ bin: NATS_SERVER_BIN, progress: (line) => process.stderr.write(`${line}\n`) })
  return found.file
}

/** Waits for the file of ports, `<name of the binary>_<pid>.ports`, which the server writes once it listens. */
async function listening(child: ChildProcess, folder: string): Promise<void> {
  await until("its file of ports", async () => {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`it exited (${child.exitCode ?? child.signalCode})`)
    }
    return (await readdir(folder)).some((name) => name.endsWith(`_${child.pid}.ports`))
  })
}
