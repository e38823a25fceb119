import { type ChildProcess, spawn } from "node:child_process"
import { createHash, randomUUID } from "node:crypto"
import { once } from "node:events"
import { accessSync, constants } from "node:fs"
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { MongoClient } from "mongodb"
import { MongoMemoryReplSet } from "mongodb-memory-server-core"
import { cacheDir } from "../../../tools/programs/paths.ts"
import { runCommand } from "../../../tools/programs/run-command.ts"

/** Time for a server to answer. */
const DEADLINE_MS = 60_000
/** Time for Maven to download the Java server, once. */
const DOWNLOAD_MS = 120_000

const folder = fileURLToPath(new URL("./", import.meta.url))

/** A MongoDB of one suite, or what speaks its protocol: `startMongo` in `before`, `stop` in `after`. */
export interface TestMongo {
  /** With a database of the suite's own in its path. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** True for the real thing as a replica set: transactions, majority, step-down. */
  readonly isReplicaSet: boolean
  /** What it is, for titles and figures. */
  readonly kind: string
  /** Drops the database, and ends the server if it was started here. */
  stop(): Promise<void>
}

interface Server {
  readonly url: string
  readonly kind: string
  stop(): Promise<void>
}

/**
 * Starts a server, or takes what there is, in this order: MONGO_URL · the `mongod` of MONGOMS_SYSTEM_BINARY or on PATH, as a
 * replica set of one · mongo-java-server by Java and Maven, which keeps its data in memory and lacks much
 * (`isReplicaSet` is false). With none of them it returns what is missing, as a text.
 */
export async function startMongo({ javaHeap = "256m" }: { javaHeap?: string } = {}): Promise<TestMongo | string> {
  const server = await startServer(javaHeap)
  if (typeof server === "string") return server
  const url = new URL(server.url)
  url.pathname = `/shopwire-test-${randomUUID()}`
  const client = new MongoClient(url.href, { serverSelectionTimeoutMS: DEADLINE_MS })
  try {
    await client.db().command({ ping: 1 })
    const hello = await client.db().admin().command({ isMaster: 1 })
    return {
      url: url.href,
      host: url.hostname,
      port: Number(url.port || 27017),
      kind: server.kind,
      isReplicaSet: typeof hello.setName === "string",
      stop: async () => {
        if (server.kind === "MONGO_URL") await client.db().dropDatabase()
        await client.close()
        await server.stop()
      },
    }
  } catch (error) {
    await client.close()
    await server.stop()
    throw error
  }
}

async function startServer(javaHeap: string): Promise<Server | string> {
  const given = process.env.MONGO_URL
  if (given !== undefined && given !== "") return { url: given, kind: "MONGO_URL", stop: async () => {} }
  const binary = process.env.MONGOMS_SYSTEM_BINARY ?? onPath("mongod")
  if (binary !== undefined) return await startMongod(binary)
  if (onPath("java") === undefined) return "no MongoDB: set MONGO_URL, or have mongod, or java and mvn on PATH"
  const jars = await javaServer()
  return jars.ok ? await startJavaServer(jars.folder, javaHeap) : jars.reason
}

async function startMongod(systemBinary: string): Promise<Server> {
  // What it finds there is taken whatever its version: it must not try to download another.
  process.env.MONGOMS_RUNTIME_DOWNLOAD = "false"
  const set = await MongoMemoryReplSet.create({
    binary: { systemBinary, checkMD5: false },
    replSet: { count: 1, storageEngine: "wiredTiger" },
  })
  return {
    url: set.getUri(),
    kind: systemBinary,
    stop: async () => {
      await set.stop()
    },
  }
}

async function startJavaServer(jars: string, heap: string): Promise<Server> {
  // Without performance data, which the machine would keep in /tmp after a kill.
  const args = [
    `-Xmx${heap}`,
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-cp",
    join(jars, "*"),
  ]
  const child = spawn("java", [...args, join(folder, "TestMongo.java"), "0"], { stdio: ["ignore", "pipe", "ignore"] })
  // In case the test run itself is ended in the middle.
  const lastResort = () => child.kill("SIGKILL")
  process.once("exit", lastResort)
  child.once("exit", () => process.off("exit", lastResort))
  return {
    url: await readyLine(child),
    kind: "mongo-java-server",
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, "exit")
      child.kill("SIGKILL")
      await gone
    },
  }
}

async function readyLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("no stdout")
  const timer = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS)
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const found = /^READY (\S+)$/.exec(line)?.[1]
      if (found !== undefined) return found
    }
  } finally {
    clearTimeout(timer)
  }
  throw new Error("the Java server ended before it was ready")
}

/** The jars of `pom.xml`, which `jars.sha256` pins: from the cache, else by Maven. */
async function javaServer(): Promise<{ ok: true; folder: string } | { ok: false; reason: string }> {
  const list = await readFile(join(folder, "jars.sha256"), "utf8")
  const cached = join(cacheDir, `mongo-java-server-${sha256(list).slice(0, 12)}`)
  if ((await complaint(cached, list)) === undefined) return { ok: true, folder: cached }
  if (onPath("mvn") === undefined)
    return { ok: false, reason: "no MongoDB: mvn, to get the Java server, is not on PATH" }

  await mkdir(cacheDir, { recursive: true })
  // Beside the target, so that the last step is a rename.
  const fresh = await mkdtemp(join(cacheDir, "mongo-jars-"))
  try {
    const args = [
      "-q",
      "-B",
      "-f",
      join(folder, "pom.xml"),
      "dependency:copy-dependencies",
      `-DoutputDirectory=${fresh}`,
    ]
    const downloaded = await runCommand("mvn", args, { timeoutMs: DOWNLOAD_MS })
    if (!downloaded.ok)
      return { ok: false, reason: `no MongoDB: mvn could not get the Java server: ${downloaded.reason}` }
    const wrong = await complaint(fresh, list)
    // Other bytes than pinned are nothing to pass over.
    if (wrong !== undefined) throw new Error(`the jars that mvn brought are not those of jars.sha256: ${wrong}`)
    await rm(cached, { recursive: true, force: true })
    await rename(fresh, cached)
    return { ok: true, folder: cached }
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function complaint(jars: string, list: string): Promise<string | undefined> {
  const wanted = list.trim().split("\n").sort()
  const names = await readdir(jars).catch(() => [])
  const found = await Promise.all(names.map(async (name) => `${sha256(await readFile(join(jars, name)))}  ${name}`))
  const [missing] = wanted.filter((line) => !found.includes(line))
  const [surplus] = found.filter((line) => !wanted.includes(line))
  return missing ?? surplus
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex")
}

function onPath(program: string): string | undefined {
  const candidates = (process.env.PATH ?? "").split(delimiter).map((dir) => join(dir, program))
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
