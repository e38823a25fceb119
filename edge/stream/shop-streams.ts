import type { ServerResponse } from "node:http"
import type { Conn } from "res-service"
import type { Client } from "res-service/client"
import { feed } from "../../contract/store.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { Caller } from "../http/bearer.ts"
import { AccessWatch } from "./access-watch.ts"
import { retryFrame } from "./frames.ts"
import { type Part, ShopEvents } from "./shop-events.ts"
import { StreamReader } from "./stream-reader.ts"

export interface StreamOptions {
  /** How long an admitted reader gets events while the service does not answer whether it may still read, in ms. Default 60 s. */
  readonly keepMs?: number
  /** Most bytes that wait for a reader, besides one page; then nothing is sent until it has taken them. Default 256 KiB. */
  readonly maxQueueBytes?: number
  /**
   * A reader is cut off when it takes none of its waiting data for this time, in ms, or, while it catches up, not all of it.
   * Default 30 s.
   */
  readonly stallMs?: number
  /** How often a reader gets a sign of life, in ms. Default 15 s. */
  readonly heartbeatMs?: number
}

const defaults = { keepMs: 60_000, maxQueueBytes: 256 * 1024, stallMs: 30_000, heartbeatMs: 15_000 }

/** Readers that lost their connection together reconnect within this range, in ms. */
const RETRY_FROM_MS = 1000
const RETRY_TO_MS = 3000

/** What a reader asks for. */
export interface Wish {
  readonly shopId: string
  readonly caller: Caller
  readonly after: number | undefined
  readonly replay: number
  readonly first: Part | undefined
}

/** The event streams of this edge: one `ShopEvents` per shop, for any number of readers. */
export class ShopStreams {
  readonly #client: Client
  readonly #options: Required<StreamOptions>
  readonly #access: AccessWatch
  readonly #shops = new Map<string, { readonly events: ShopEvents; readers: number }>()
  readonly #readers = new Set<StreamReader>()
  readonly #beating: NodeJS.Timeout

  constructor(conn: Conn, client: Client, options: StreamOptions = {}) {
    this.#client = client
    this.#options = { ...defaults, ...options }
    this.#access = new AccessWatch(conn, client, this.#options.keepMs)
    this.#beating = setInterval(() => {
      for (const reader of this.#readers) reader.beat()
    }, this.#options.heartbeatMs)
  }

  /** Streams to a response whose head is already sent, for a caller that the service has just admitted. */
  add(res: ServerResponse, { shopId, ...wish }: Wish): void {
    const shop = this.#shops.get(shopId) ?? { events: new ShopEvents(this.#client, shopId), readers: 0 }
    this.#shops.set(shopId, shop)
    shop.readers++
    if (wish.first !== undefined) shop.events.meet(wish.first.log)
    res.write(retryFrame(retryMs()))
    const reader = new StreamReader(res, { events: shop.events, ...wish, ...this.#options })
    this.#readers.add(reader)
    occurrences.streamReader.tell("opened")
    const stopWatching = this.#access.watch(feed.name({ shop_id: shopId }), wish.caller, (reason) =>
      reader.end(reason, reason === "access has ended" ? undefined : retryMs()),
    )
    res.once("close", () => {
      stopWatching()
      this.#readers.delete(reader)
      occurrences.streamReader.tell("closed")
      shop.events.leave(reader)
      if (--shop.readers > 0) return
      this.#shops.delete(shopId)
      shop.events.close()
    })
  }

  /** Ends all streams; readers reconnect to another edge. */
  stop(): void {
    clearInterval(this.#beating)
    this.#access.stop()
    for (const reader of this.#readers) reader.end("going away", retryMs())
  }
}

function retryMs(): number {
  return Math.round(RETRY_FROM_MS + Math.random() * (RETRY_TO_MS - RETRY_FROM_MS))
}
