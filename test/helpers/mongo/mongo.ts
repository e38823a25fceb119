import { randomUUID } from "node:crypto"
import { MongoClient } from "mongodb"
import { MongoMemoryReplSet } from "mongodb-memory-server-core"
import { findProgram } from "../../../tools/programs/find-program.ts"
import { findClassPath } from "./java-classes.ts"
import { JavaProcess } from "./java-process.ts"

/** Time for a server to answer. */
const DEADLINE_MS = 60_000

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
 *
 * @param options `javaHeap`: of the Java process, which the first start in this process decides
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
  const binary = process.env.MONGOMS_SYSTEM_BINARY ?? findProgram(["mongod"])
  if (binary !== undefined) return await startMongod(binary)
  if (findProgram(["java"]) === undefined) return "no MongoDB: set MONGO_URL, or have mongod, or java and mvn on PATH"
  const classPath = await findClassPath()
  return classPath.ok ? await startJavaServer(classPath.path, javaHeap) : classPath.reason
}

async function startMongod(systemBinary: string): Promise<Server> {
  // What it finds there is taken whatever its version: it must not try to download another.
  process.env.MONGOMS_RUNTIME_DOWNLOAD = "false"
  const set = await MongoMemoryReplSet.create({
    binary: { systemBinary, checkMD5: false },
    instanceOpts: [{ launchTimeout: DEADLINE_MS }],
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

/** Of all suites of this process, so that Java starts once. */
let java: JavaProcess | undefined

async function startJavaServer(classPath: string, heap: string): Promise<Server> {
  if (java === undefined || java.hasEnded) java = new JavaProcess(classPath, heap)
  const started = java
  const port = await started.startServer()
  return {
    url: `mongodb://127.0.0.1:${port}`,
    kind: "mongo-java-server",
    stop: () => started.stopServer(port),
  }
}
