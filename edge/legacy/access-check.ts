import { ResError } from "res-service"
import type { Client } from "res-service/client"

/** Pause before an unanswered request is repeated, in ms. */
const ASK_AGAIN_MS = 1000

interface Connected {
  readonly cid: string
}

/**
 * Asks the service, as a gateway does for its clients, whether connections may still see a resource. Repeats the request until the
 * service answers; until then nothing changes.
 */
export class AccessCheck<C extends Connected> {
  readonly #client: Client
  readonly #rid: string
  readonly #connections: ReadonlySet<C>
  readonly #onDenied: (connection: C) => void
  #asking = false
  #askOnceMore = false
  #askLater: NodeJS.Timeout | undefined

  /** @param onDenied called for each connection that may no longer see it, if it is still among `connections` */
  constructor(client: Client, rid: string, connections: ReadonlySet<C>, onDenied: (connection: C) => void) {
    this.#client = client
    this.#rid = rid
    this.#connections = connections
    this.#onDenied = onDenied
  }

  async ask(): Promise<void> {
    this.#askOnceMore = true
    if (this.#asking) return
    this.#asking = true
    while (this.#askOnceMore) {
      this.#askOnceMore = false
      const answered = await Promise.all([...this.#connections].map((connection) => this.#check(connection)))
      if (answered.includes(false)) this.#askLater ??= setTimeout(() => this.#askAgain(), ASK_AGAIN_MS)
    }
    this.#asking = false
  }

  stop(): void {
    clearTimeout(this.#askLater)
  }

  #askAgain(): void {
    this.#askLater = undefined
    void this.ask()
  }

  /** Resolves to false if there is no answer. */
  async #check(connection: C): Promise<boolean> {
    const may = await this.#may(connection.cid)
    if (may === false && this.#connections.has(connection)) this.#onDenied(connection)
    return may !== undefined
  }

  async #may(cid: string): Promise<boolean | undefined> {
    try {
      return (await this.#client.access(this.#rid, { cid })).get
    } catch (error) {
      return ResError.from(error).code === "system.accessDenied" ? false : undefined
    }
  }
}
