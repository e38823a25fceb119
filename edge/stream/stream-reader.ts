import type { ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { ResError } from "res-service"
import { occurrences } from "../../observe/occurrences.ts"
import type { Caller } from "../http/bearer.ts"
import { drained } from "../http/drained.ts"
import { comment, heartbeat, noticeFrame, positionFrame, retryFrame } from "./frames.ts"
import type { Follower, Part, ShopEvents } from "./shop-events.ts"

/** Pause before the service is asked again, in ms. */
const RETRY_MS = 500
/** Time for a reader to take the last data, in ms. */
const END_TIMEOUT_MS = 1000

export interface ReaderOptions {
  readonly events: ShopEvents
  readonly caller: Caller
  /** The sequence to continue after; undefined starts with new events. */
  readonly after: number | undefined
  /** How many of the newest events come first, if there is no `after`. */
  readonly replay: number
  /** The first page; undefined when `after` belongs to another log. */
  readonly first: Part | undefined
  /** Most bytes that wait for the reader; then nothing is sent until it has taken them. */
  readonly maxQueueBytes: number
  /** Time for the reader to take some waiting data, or all of it while it catches up, in ms. */
  readonly stallMs: number
}

/**
 * One reader of a stream. It follows the live end; while it is behind, it gets the history from its position on, no faster than it
 * takes the data. A reader that does not take its data in time is cut off; it can reconnect with its last position.
 */
export class StreamReader implements Follower {
  readonly #res: ServerResponse
  readonly #options: ReaderOptions
  #position: number | undefined
  /** The log that the position belongs to, by name; undefined while it is not known. */
  #log: string | undefined
  #behind = true
  #ended = false
  /** Bytes that the reader has taken, and when it last took some or had nothing to take, in ms of `performance.now()`. */
  #takenBytes = 0
  #tookAt = performance.now()

  constructor(res: ServerResponse, options: ReaderOptions) {
    this.#res = res
    this.#options = options
    this.#position = options.after
    this.#log = options.first?.log
    this.#res.once("close", () => {
      this.#ended = true
    })
    options.events.follow(this)
    void this.#start(options)
  }

  advance(): void {
    if (this.#behind || this.#ended || this.#position === undefined) return
    const frames = this.#options.events.framesAfter(this.#position)
    if (frames === undefined) {
      void this.#catchUp()
      return
    }
    this.#position = frames.position
    this.notify(frames.bytes)
    if (this.#res.writableLength > this.#options.maxQueueBytes) void this.#catchUp()
  }

  /** Sends a comment as a sign of life, and cuts off a reader that takes none of its waiting data. */
  beat(): void {
    const { socket } = this.#res
    if (this.#ended || socket === null) return
    const takenBytes = socket.bytesWritten - socket.writableLength
    if (socket.writableLength === 0 || takenBytes > this.#takenBytes) this.#tookAt = performance.now()
    this.#takenBytes = takenBytes
    if (performance.now() - this.#tookAt > this.#options.stallMs) {
      occurrences.slowClient.tell("stream")
      this.#res.destroy()
    } else this.notify(heartbeat)
  }

  notify(frame: Buffer): void {
    if (!this.#ended && frame.length > 0) this.#res.write(frame)
  }

  /** Ends the stream. @param retryMs the reader's pause before it reconnects */
  end(reason: string, retryMs?: number): void {
    if (this.#ended) return
    this.#ended = true
    if (retryMs !== undefined) this.#res.write(retryFrame(retryMs))
    this.#res.end(comment(reason))
    const timer = setTimeout(() => this.#res.destroy(), END_TIMEOUT_MS)
    this.#res.once("close", () => clearTimeout(timer))
  }

  async #start({ events, after, first, replay }: ReaderOptions): Promise<void> {
    if (first !== undefined) await this.#send(first)
    await events.loaded
    if (after === undefined && replay > 0) this.#position = events.positionBefore(replay) ?? this.#position
    await this.#catchUp()
  }

  async #catchUp(): Promise<void> {
    this.#behind = true
    await this.#drained()
    while (!this.#ended) {
      const live = this.#position === undefined ? undefined : this.#options.events.framesAfter(this.#position)
      if (live !== undefined) {
        this.#position = live.position
        if (live.bytes.length > 0) this.#res.write(live.bytes)
        if (!this.#res.writableNeedDrain) break
        await this.#drained()
        continue
      }
      const part = await this.#read()
      if (part === undefined) continue
      await this.#send(part)
      // The live end is not known yet.
      if (part.end && this.#options.events.framesAfter(part.position) === undefined) await sleep(RETRY_MS)
    }
    this.#behind = false
  }

  async #send({ bytes, position }: Part): Promise<void> {
    if (this.#ended) return
    // Gives the reader a position even before the first event.
    if (this.#position === undefined) this.#res.write(positionFrame(position))
    this.#position = position
    if (bytes.length > 0) this.#res.write(bytes)
    await this.#drained()
  }

  async #read(): Promise<Part | undefined> {
    try {
      const part = await this.#options.events.read(this.#position, this.#options.caller)
      const isOfThisLog = this.#log === undefined || part.log === this.#log
      if (isOfThisLog) {
        this.#log = part.log
        return part
      }
      this.#restart()
    } catch (error) {
      const { code } = ResError.from(error)
      if (code === "store.unknownSequence") this.#restart()
      else if (code === "system.accessDenied" || code === "auth.invalidToken") this.end(code)
      else await sleep(RETRY_MS)
    }
    return undefined
  }

  /** There is another log, whose events follow from its beginning. */
  #restart(): void {
    this.notify(noticeFrame("restart", {}))
    this.#log = undefined
    this.#position = 0
  }

  async #drained(): Promise<void> {
    await drained(this.#res, "stream", this.#options.stallMs)
  }
}
