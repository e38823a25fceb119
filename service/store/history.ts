import { ResError } from "res-service"
import { serviceError } from "../errors.ts"
import type { LogReader } from "../log/reader.ts"
import type { LogTail } from "../log/tail.ts"
import type { HistoryPart, ReadParams } from "../schemas/history.ts"
import { fitting } from "./page.ts"

/** Time for the tail to come to a sequence that somebody has seen already, in ms. */
const CATCH_UP_MS = 1000

/** What has happened in a shop, to be read from any point on. */
export class History {
  readonly #reader: LogReader
  readonly #tail: Pick<LogTail, "position" | "reached">

  constructor(reader: LogReader, tail: Pick<LogTail, "position" | "reached">) {
    this.#reader = reader
    this.#tail = tail
  }

  /**
   * What follows the sequence `after`, oldest first.
   *
   * @throws {ResError} `store.unknownSequence` · `system.serviceUnavailable`
   */
  async read(shopId: string, { after, limit }: ReadParams): Promise<HistoryPart> {
    if (after !== undefined) await this.#reachable(after)
    // Before it is read: what is stored later may or may not be among what is read, and is told to who watches anyhow.
    const position = this.#tail.position
    if (after === undefined) return { events: [], after: position, end: true }
    const { entries, last, end } = await this.#reader.following(shopId, after, limit)
    const all = entries.map(({ event }) => event)
    const events = fitting(all)
    if (events.length < all.length) return { events, after: events.at(-1)?.seq ?? after, end: false }
    return { events, after: end ? Math.max(last, position) : last, end }
  }

  // An answer to a publish may be faster than the tail; a sequence beyond the log is that of one that is gone.
  async #reachable(seq: number): Promise<void> {
    if (seq <= this.#tail.position) return
    if (seq > (await this.#reader.endSeq())) throw serviceError("store.unknownSequence")
    if (!(await this.#tail.reached(seq, CATCH_UP_MS))) throw new ResError("system.serviceUnavailable")
  }
}
