import type { Db } from "mongodb"
import { type Logger, ResError } from "res-service"
import type { Part } from "../part-list.ts"
import { type Mongo, mongoReason, openMongo } from "./mongo.ts"

export interface ArchiveOptions {
  /** MONGO_URL. */
  readonly url: string
  /** Time in ms for MongoDB to answer, and at most 2 s of it to be found. */
  readonly timeoutMs: number
}

/** Time in ms for MongoDB to be found, since a request waits for the answer: shorter than the edge's REQUEST_TIMEOUT_MS of 5 s. */
const FIND_MS = 2000

/** The archive, for the service. It connects when it is first used, and again after MongoDB was away. */
export class Archive implements Part {
  readonly #mongo: Mongo
  readonly #logger: Logger
  #connecting: Promise<void> | undefined

  constructor({ url, timeoutMs }: ArchiveOptions, logger: Logger) {
    this.#mongo = openMongo("shopwire-service", url, timeoutMs, Math.min(timeoutMs, FIND_MS))
    this.#logger = logger
  }

  /**
   * Runs a task on the archive's database.
   *
   * @throws {ResError} `system.serviceUnavailable`: MongoDB does not answer
   */
  async use<T>(task: (db: Db) => Promise<T>): Promise<T> {
    try {
      this.#connecting ??= this.#mongo.connect()
      await this.#connecting.catch((error: unknown) => {
        this.#connecting = undefined
        throw error
      })
      return await this.#mongo.run(() => task(this.#mongo.db))
    } catch (error) {
      if (error instanceof ResError) throw error
      this.#logger.warn({ reason: mongoReason(error) }, "the archive cannot be used now")
      throw new ResError("system.serviceUnavailable", "The archive does not answer", undefined, { cause: error })
    }
  }

  async stop(): Promise<void> {
    await this.#mongo.close()
  }
}
