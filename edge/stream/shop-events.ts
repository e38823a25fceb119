import { setTimeout as sleep } from "node:timers/promises"
import type { Client, MirrorOf } from "res-service/client"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { feed } from "../../contract/store.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { Caller } from "../http/bearer.ts"
import { actionFrame, noticeFrame } from "./frames.ts"

/** Events kept for readers that reconnect or are a little behind. */
const RECENT = 500
/** Pause before a feed that could not be loaded is requested again, in ms. */
const REOPEN_MS = 500

/** Frames of events, complete up to the sequence `position`. */
export interface Frames {
  readonly bytes: Buffer
  readonly position: number
}

export interface Follower {
  /** There may be something new. */
  advance(): void
  /** An additional frame for all readers, whatever their position. */
  notify(frame: Buffer): void
}

type FeedMirror = MirrorOf<typeof feed>
type FeedEvent = Parameters<Parameters<FeedMirror["onEvent"]>[0]>[0]

/**
 * A shop's events in their order, for all readers of this edge. The live end comes from one mirror of the feed, older events from
 * the shop's history.
 *
 * The mirror shows a window, the newest 100 events. After an outage there may be a gap between the old and the new window; readers
 * must read the events in between from the history.
 */
export class ShopEvents {
  readonly #shopId: string
  readonly #client: Client
  readonly #followers = new Set<Follower>()
  #mirror: FeedMirror | undefined
  #closed = false
  /** The feed, newest first; undefined until it is known. */
  #window: ShownEvent[] | undefined
  #newest = 0
  /** An event was added that is not the newest: the window no longer tells which events are new. */
  #doubtful = false
  #flushing = false
  /** All of the shop's events after the sequence `#completeAfter`, oldest first. Infinity: not known of any. */
  #recent: { readonly seq: number; readonly frame: Buffer }[] = []
  #completeAfter = Infinity
  /** The highest known sequence of this log: a higher position may belong to another log. */
  #confirmed = 0
  /** Names the log; undefined until a read has told. */
  #log: string | undefined
  /** False: the window may still be of an earlier log. */
  #isProven = true
  /** Counts the gaps: a read that began before a gap says nothing about the time after it. */
  #gaps = 0
  /** What several readers ask for at the same time: frames by position, and pending reads. */
  readonly #frames = new Map<number, Frames>()
  readonly #reading = new Map<string, Promise<Part>>()
  /** Resolves when the live end is known. */
  readonly loaded: Promise<void>
  #tellLoaded = (): void => {}

  constructor(client: Client, shopId: string) {
    this.#client = client
    this.#shopId = shopId
    this.loaded = new Promise((resolve) => {
      this.#tellLoaded = resolve
    })
    this.#open()
  }

  follow(follower: Follower): void {
    this.#followers.add(follower)
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower)
  }

  /** The kept events after a sequence; undefined if they must be read from the history. */
  framesAfter(position: number): Frames | undefined {
    if (position < this.#completeAfter || position > Math.max(this.#newest, this.#confirmed)) return undefined
    const known = this.#frames.get(position)
    if (known !== undefined) return known
    const from = this.#recent.findIndex(({ seq }) => seq > position)
    const newer = from === -1 ? [] : this.#recent.slice(from)
    const bytes = Buffer.concat(newer.map(({ frame }) => frame))
    const frames = { bytes, position: newer.at(-1)?.seq ?? position }
    this.#frames.set(position, frames)
    return frames
  }

  /** The sequence before the newest `count` kept events; undefined if there are none. */
  positionBefore(count: number): number | undefined {
    const first = this.#recent.at(-count) ?? this.#recent[0]
    return first === undefined ? undefined : first.seq - 1
  }

  /**
   * Reads the events after a sequence; undefined reads only the end of the log. Readers with the same position and token share the
   * answer. Rejects with the service's `ResError`.
   */
  read(after: number | undefined, caller: Caller): Promise<Part> {
    const key = JSON.stringify([after, caller.token])
    const known = this.#reading.get(key)
    if (known !== undefined) return known
    const reading = this.#read(after, caller).finally(() => this.#reading.delete(key))
    this.#reading.set(key, reading)
    return reading
  }

  /**
   * Call it with the log of each part that was read elsewhere. If it is another one than before, everything that is kept is dropped, and
   * nothing is given until the feed is known to be of this log.
   */
  meet(log: string): void {
    if (log === this.#log) return
    this.#log = log
    // A feed that is loaded later is of this log.
    if (this.#window === undefined) return
    this.#isProven = false
    this.#startAgain()
  }

  close(): void {
    this.#closed = true
    this.#mirror?.close()
  }

  async #read(after: number | undefined, caller: Caller): Promise<Part> {
    const gaps = this.#gaps
    const part = await readHistory(this.#client, this.#shopId, after, caller)
    this.meet(part.log)
    if (!this.#isProven && part.end) await this.#prove(caller)
    // The window was loaded before the log ended there, so later events are in the window or come after it.
    if (part.end && gaps === this.#gaps && this.#isProven && this.#window !== undefined) {
      this.#completeAfter = Math.min(this.#completeAfter, part.position)
      this.#confirmed = Math.max(this.#confirmed, part.position)
    }
    return part
  }

  /** Compares the newest event of the window with that of the log. */
  async #prove(caller: Caller): Promise<void> {
    const newest = this.#window?.[0]
    const after = newest === undefined ? 0 : newest.seq - 1
    const shown = newest === undefined ? Buffer.alloc(0) : actionFrame(newest)
    // In a log that is shorter than the window there is no such sequence. The readers hear of all other errors by their own reads.
    const part = await readHistory(this.#client, this.#shopId, after, caller, 1).catch(() => undefined)
    if (part?.log !== this.#log || !part?.bytes.equals(shown) || newest !== this.#window?.[0]) return
    this.#isProven = true
    this.#startAgain()
  }

  /** Keeps what the window has. What is in front of it must be read. */
  #startAgain(): void {
    this.#doubtful = true
    this.#flush()
  }

  #open(): void {
    const mirror = this.#client.mirror(feed, { shop_id: this.#shopId })
    this.#mirror = mirror
    const unless = (task: () => void) => (): void => {
      if (!this.#closed && mirror === this.#mirror) task()
    }
    mirror.ready.then(
      unless(() => this.#load()),
      unless(() => void this.#reopen()),
    )
    mirror.onEvent((event) => this.#take(event))
  }

  async #reopen(): Promise<void> {
    this.#mirror?.close()
    await sleep(REOPEN_MS)
    if (!this.#closed) this.#open()
  }

  #load(): void {
    const events = this.#mirror?.value ?? undefined
    if (events === undefined) return
    if (this.#window !== undefined) this.#doubtful = true
    this.#window = [...events]
    this.#flush()
    this.#tellLoaded()
  }

  #take(event: FeedEvent): void {
    if (event.type === "load") this.#load()
    else if (event.type === "delete") void this.#reopen()
    else if (event.type === "custom") this.#erase(event.data.seqs)
    else if (this.#window === undefined) return
    else if (event.type === "add") {
      const { data } = event.value
      this.#window.splice(event.idx, 0, data)
      if (data.seq <= this.#newest) this.#doubtful = true
      else if (occurrences.delivered.isHeard) occurrences.delivered.tell(Date.now() - Date.parse(data.received_at))
      this.#flushSoon()
    } else if (event.type === "remove") {
      this.#window.splice(event.idx, 1)
      this.#flushSoon()
    }
  }

  // Events that arrive together are sent together; after a reset they arrive in any order.
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#flushing = false
    const window = this.#window ?? []
    const oldest = window.at(-1)?.seq ?? Infinity
    const newer = window.filter(({ seq }) => seq > this.#newest || this.#doubtful || oldest > this.#newest)
    const recent = newer.toReversed().map((event) => ({ seq: event.seq, frame: actionFrame(event) }))
    if (this.#doubtful || oldest > this.#newest) {
      this.#gaps++
      this.#confirmed = 0
      this.#recent = this.#isProven ? recent : []
      this.#completeAfter = this.#doubtful || !this.#isProven ? Infinity : oldest - 1
      this.#doubtful = false
    } else {
      this.#recent.push(...recent)
      const [last] = this.#recent.splice(0, Math.max(0, this.#recent.length - RECENT)).slice(-1)
      if (last !== undefined) this.#completeAfter = Math.max(this.#completeAfter, last.seq)
    }
    this.#newest = window[0]?.seq ?? 0
    this.#frames.clear()
    for (const follower of [...this.#followers]) follower.advance()
  }

  #erase(seqs: readonly number[]): void {
    const erased = new Set(seqs)
    this.#recent = this.#recent.filter(({ seq }) => !erased.has(seq))
    this.#frames.clear()
    const frame = noticeFrame("erased", { seqs })
    for (const follower of [...this.#followers]) follower.notify(frame)
  }
}

/** A part of the history as it is sent: complete up to the sequence `position`; `end` is true if the log, named by `log`, ends there. */
export interface Part extends Frames {
  readonly end: boolean
  readonly log: string
}

/** Asks the service for the events after a sequence; undefined asks only for the end of the log. Rejects with its `ResError`. */
export async function readHistory(
  client: Client,
  shopId: string,
  after: number | undefined,
  caller: Caller,
  limit?: number,
): Promise<Part> {
  const params = { ...(after === undefined ? {} : { after }), ...(limit === undefined ? {} : { limit }) }
  const { events, ...part } = await client.call(feed, { shop_id: shopId }, "read", params, caller)
  return { bytes: Buffer.concat(events.map(actionFrame)), position: part.after, end: part.end, log: part.log }
}
