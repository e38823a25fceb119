import { setTimeout as sleep } from "node:timers/promises"
import { type Db, MongoClient, type MongoClientOptions, MongoError, MongoNetworkError } from "mongodb"
import { SettingError } from "../../config/settings.ts"
import { watchDriver } from "./driver-watch.ts"

/** The archive's database when MONGO_URL names none. */
const DEFAULT_DATABASE = "shopwire"

/** Most connections: for the writer, the watchers and some readers. */
const MAX_CONNECTIONS = 10

/** Pause before the next attempt to restart the driver, in ms. */
const RESTART_PAUSE_MS = 500

export interface Mongo {
  readonly db: Db
  /** Connects. Call it until it resolves; from then on the driver renews lost connections itself. */
  connect(): Promise<void>
  /**
   * Runs a task on the database. Rejects when a command of the driver never ends, of this task or of another one: the driver is restarted
   * then. The task may still go on.
   */
  run<T>(task: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

/**
 * Opens the way to a MongoDB. Writes are acknowledged by the majority of a replica set.
 *
 * @param url MONGO_URL, which may hold a password
 * @param timeoutMs time for an answer
 * @param findMs time to find a server
 * @throws {SettingError} the driver refuses the URL
 */
export function openMongo(name: string, url: string, timeoutMs: number, findMs = timeoutMs): Mongo {
  const client = createClient(url, {
    appName: name,
    serverSelectionTimeoutMS: findMs,
    connectTimeoutMS: findMs,
    socketTimeoutMS: timeoutMs,
    maxPoolSize: MAX_CONNECTIONS,
    writeConcern: { w: "majority", wtimeoutMS: timeoutMs },
    readConcernLevel: "majority",
    readPreference: "primary",
    monitorCommands: true,
  })
  let closed = false
  let restarting = false
  // Current commands fail and are tried again. Databases and collections of the client stay valid.
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
  const underWay = new Set<(reason: Error) => void>()
  watchDriver(client, timeoutMs, () => {
    for (const giveUp of underWay) giveUp(new MongoNetworkError("a command has no end"))
    void restart()
  })
  const named = /^[^/]*\/\/[^/]*\/[^?]/.test(url)
  return {
    db: named ? client.db() : client.db(DEFAULT_DATABASE),
    // Commands connect too, but when the first one fails, the driver refuses all later ones.
    connect: async () => {
      await client.connect()
    },
    run: async (task) => {
      let giveUp = (_reason: Error): void => {}
      const stuck = new Promise<never>((_, reject) => {
        giveUp = reject
      })
      underWay.add(giveUp)
      try {
        return await Promise.race([task(), stuck])
      } finally {
        underWay.delete(giveUp)
      }
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
    // The driver's message quotes the URL, which may contain a password.
    throw new SettingError("MONGO_URL=***: expected a connection string as MongoDB's driver takes it")
  }
}

/**
 * The reason of an error, for logs. A server's message may quote a document, so only name and code of its errors are used. The driver's own
 * messages contain at most an address.
 */
export function mongoReason(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error"
  const { code, codeName } = error as { code?: unknown; codeName?: unknown }
  if (error instanceof MongoError && code === undefined) return `${error.name}: ${error.message}`
  return [error.name, code, codeName].filter((part) => part !== undefined).join(" ")
}
