import type { Client, Mirror } from "res-service/client"
import { encodeUpdate } from "./messages.ts"

/** How often the connections of a session are kept alive, in ms; the service gives them 15 s. */
const KEEP_ALIVE_MS = 5000
/** A change for which no `updated` comes, as after an outage, is shown after this time, in ms. */
const UNANNOUNCED_MS = 200

/** Somebody who is shown the session. */
export interface Watcher {
  readonly cid: string
  /**
   * Called with each update, encoded once for all. `n` is that of the service's `updated`; Infinity for an update that none
   * announced, which may be newer than any.
   */
  show(update: Buffer, n: number): void
}

/**
 * A shared session on this edge: one mirror of those present, however many sockets it has. After each `updated` of the service the
 * whole is encoded once, and shown to all who take part.
 */
export class LegacySession {
  /** Takes the calls. */
  readonly rid: string
  readonly #presentRid: string
  readonly #client: Client
  #mirror: Mirror
  #hasFailed = false
  readonly #watchers = new Set<Watcher>()
  readonly #keepingAlive: NodeJS.Timeout
  #unannounced: NodeJS.Timeout | undefined
  #encoded: Buffer | undefined

  constructor(client: Client, id: string) {
    this.rid = `session.${id}.multicart`
    this.#presentRid = `session.${id}.present`
    this.#client = client
    this.#mirror = this.#open()
    this.#keepingAlive = setInterval(() => {
      const cids = [...this.#watchers].map(({ cid }) => cid)
      // Who is not heard of because NATS or the service is away, gets time again when it is back.
      if (cids.length > 0) client.call(this.rid, "keepAlive", { cids }, { cid: cids[0] ?? "" }).catch(() => {})
    }, KEEP_ALIVE_MS)
  }

  /** Resolves when the session is known; rejects when it cannot be had, to be tried again by the next who asks. */
  get ready(): Promise<void> {
    if (this.#hasFailed) {
      this.#mirror.close()
      this.#mirror = this.#open()
    }
    return this.#mirror.ready
  }

  /** The session as it is now, as a `multicartUpdate`. */
  get update(): Buffer {
    this.#encoded ??= encodeUpdate(this.#mirror.json)
    return this.#encoded
  }

  add(watcher: Watcher): void {
    this.#watchers.add(watcher)
  }

  delete(watcher: Watcher): void {
    this.#watchers.delete(watcher)
  }

  close(): void {
    clearInterval(this.#keepingAlive)
    clearTimeout(this.#unannounced)
    this.#mirror.close()
  }

  #open(): Mirror {
    this.#hasFailed = false
    const mirror = this.#client.mirror(this.#presentRid)
    mirror.ready.catch(() => {
      this.#hasFailed = mirror === this.#mirror
    })
    mirror.onEvent((event) => {
      this.#encoded = undefined
      if (event.type === "custom" && event.name === "updated") this.#showAll(numberOf(event.data))
      else this.#unannounced ??= setTimeout(() => this.#showAll(Infinity), UNANNOUNCED_MS)
    })
    return mirror
  }

  #showAll(n: number): void {
    clearTimeout(this.#unannounced)
    this.#unannounced = undefined
    if (this.#watchers.size === 0) return
    const { update } = this
    for (const watcher of this.#watchers) watcher.show(update, n)
  }
}

function numberOf(data: unknown): number {
  const { n } = data as { n?: unknown }
  return typeof n === "number" ? n : Infinity
}
