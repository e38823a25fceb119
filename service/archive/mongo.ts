import { setTimeout as sleep } from "node:timers/promises"
import { type Db, MongoClient, type MongoClientOptions, MongoError } from "mongodb"
import { SettingError } from "../../config/settings.ts"
import { watchHeartbeats } from "./heartbeat-watch.ts"

/** Where the archive lies when MONGO_URL names no database. */
const DEFAULT_DATABASE = "shopwire"

/** Connections at most: the writer's, the watchers', and some for readers. */
const MAX_CONNECTIONS = 10

/** Pause in ms before another attempt to start the driver afresh. */
const RESTART_PAUSE_MS = 500

export interface Mongo {
  readonly db: Db
  /** Connects; to be called until it resolves. From then on lost connections are made anew by themselves. */
  connect(): Promise<void>
  close(): Promise<void>
}

/**
 * The way to a MongoDB. Writes are acknowledged by the majority of a replica set.
 *
 * @param url MONGO_URL, which may hold a password
 * @param timeoutMs until a server is found, and until it answers
 * @throws {SettingError} the driver does not take the URL
 */
export function openMongo(name: string, url: string, timeoutMs: number): Mongo {
  const client = createClient(url, {
    appName: name,
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: timeoutMs,
    maxPoolSize: MAX_CONNECTIONS,
    writeConcern: { w: "majority", wtimeoutMS: timeoutMs },
    readConcernLevel: "majority",
    readPreference: "primary",
  })
  let closed = false
  let restarting = false
  // Whatever is in hand fails and is tried again; databases and collections of the client stay valid.
  const restart = async (): Promise<void> => {
    if (restarting) return
    restarting = true
    while (!closed) {
      try {
        await client.close()
        if (!closed) await client.connect()
        break
      } catch {
        await sleep(RESTART_PAUSE_MS, undefined, { ref: false })
      }
    }
    restarting = false
    if (closed) await client.close()
  }
  watchHeartbeats(client, timeoutMs, () => void restart())
  const named = /^[^/]*\/\/[^/]*\/[^?]/.test(url)
  return {
    db: named ? client.db() : client.db(DEFAULT_DATABASE),
    // Commands connect too, but after the first one that failed to, the driver refuses all that follow.
    connect: async () => {
      await client.connect()
    },
    close: async () => {
      closed = true
      await client.close()
    },
  }
}

function createClient(url: string, options: MongoClientOptions): MongoClient {
  try {
    return new MongoClient(url, options)
  } catch {
    // Its own words quote the URL, and with it a password.
    throw new SettingError("MONGO_URL=***: expected a connection string as MongoDB's driver takes it")
  }
}

/**
 * What went wrong, for logs: a server's own words may quote a document, so of its errors only name and code are told. The
 * driver's words name an address at most.
 */
export function mongoReason(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error"
  const { code, codeName } = error as { code?: unknown; codeName?: unknown }
  if (error instanceof MongoError && code === undefined) return `${error.name}: ${error.message}`
  return [error.name, code, codeName].filter((part) => part !== undefined).join(" ")
}
