import type { StoredMsg } from "@nats-io/jetstream"
import { type Batch, type JetStream, pendingAfter } from "../jetstream/jetstream.ts"
import { type LogEntry, type LogRecord, type LogWork, readEntry, readRecord } from "./entry.ts"
import { STREAM } from "./stream.ts"
import { EVENT_SUBJECTS, storedSubject, WORK_SUBJECTS, workSubject } from "./subjects.ts"

/** Most messages of one direct get. */
const BATCH = 500
/** Most rounds of the search for a starting point. Each halves the range, so this is never reached. */
const MAX_PROBES = 64

/** Events of a shop that follow each other, up to the sequence `last`. `end`: the log has no more. */
export interface LogSlice {
  readonly entries: readonly LogEntry[]
  readonly last: number
  readonly end: boolean
}

/** Reads single shops out of the log by direct gets: no consumer, and no scan over other shops' events. */
export class LogReader {
  readonly #js: JetStream
  readonly #hidden = new Set<number>()

  constructor(js: JetStream) {
    this.#js = js
  }

  /** Hides messages from all reads, because they will be erased soon. Returns a function that ends this. */
  hide(seqs: readonly number[]): () => void {
    for (const seq of seqs) this.#hidden.add(seq)
    return () => {
      for (const seq of seqs) this.#hidden.delete(seq)
    }
  }

  /** The message `seq` of any kind; undefined when it is gone. */
  async message(seq: number): Promise<StoredMsg | undefined> {
    return await this.#js.message(STREAM, { seq })
  }

  /** All shops' event messages after `after`, up to `end`, in the log's order, in batches; also messages that are not valid. */
  events(after: number, end: number): AsyncGenerator<readonly StoredMsg[]> {
    return this.#messages(EVENT_SUBJECTS, after, end)
  }

  /** The work of a shop's staff on baskets, in batches. */
  async *work(shopId: string): AsyncGenerator<readonly LogWork[]> {
    for await (const messages of this.#messages(workSubject(shopId), 0, Number.MAX_SAFE_INTEGER)) {
      yield this.#validRecords(messages).filter((record) => "work" in record)
    }
  }

  /** The event `seq` of a shop; undefined when it is another shop's, not valid, or gone. */
  async at(shopId: string, seq: number): Promise<LogEntry | undefined> {
    const message = await this.message(seq)
    return message?.subject === storedSubject(shopId) ? this.#validEntry(message) : undefined
  }

  /** The sequence of the log's last message, even when that is gone; 0 when there was none. */
  async endSeq(): Promise<number> {
    return (await this.#js.info(STREAM)).state.last_seq
  }

  /** The sequence of the newest record of any shop; 0 when there is none. */
  async newestSeq(): Promise<number> {
    return Math.max(...(await Promise.all([EVENT_SUBJECTS, WORK_SUBJECTS].map((it) => this.#lastSeq(it)))))
  }

  /** The sequence of a shop's newest record; 0 when it has none. */
  async newestRecordSeq(shopId: string): Promise<number> {
    return Math.max(...(await Promise.all([storedSubject(shopId), workSubject(shopId)].map((it) => this.#lastSeq(it)))))
  }

  /**
   * A shop's records after the sequence `after`, up to `end`, in the log's order, in batches. Messages that are not
   * valid are skipped.
   */
  async *records(shopId: string, after: number, end: number): AsyncGenerator<readonly LogRecord[]> {
    const work = new MessageQueue(this.#messages(workSubject(shopId), after, end))
    for await (const messages of this.#messages(storedSubject(shopId), after, end)) {
      const earlier = await work.upTo(messages.at(-1)?.seq ?? 0)
      yield this.#validRecords(
        earlier.length === 0 ? messages : [...messages, ...earlier].sort((a, b) => a.seq - b.seq),
      )
    }
    yield this.#validRecords(await work.upTo(end))
  }

  /**
   * A shop's newest `count` events before the sequence `before`, newest first. Messages that are not valid are skipped.
   */
  async newest(shopId: string, count: number, before = Number.MAX_SAFE_INTEGER): Promise<LogEntry[]> {
    const found: LogEntry[] = []
    let end = before
    while (found.length < count) {
      const messages = await this.#messagesBefore(storedSubject(shopId), count, end)
      const oldest = messages[0]
      if (oldest === undefined) break
      for (const message of messages.reverse()) {
        const entry = this.#validEntry(message)
        if (entry !== undefined && found.length < count) found.push(entry)
      }
      if (messages.length < count) break
      end = oldest.seq
    }
    return found
  }

  /**
   * The messages of a shop after the sequence `after`, oldest first, in one read of at most `count`. Messages that are not valid are
   * skipped.
   */
  async following(shopId: string, after: number, count: number): Promise<LogSlice> {
    const { messages, pending } = await this.#batch(storedSubject(shopId), after + 1, Math.min(count, BATCH))
    const last = messages.at(-1)
    const entries = messages.flatMap((message) => this.#validEntry(message) ?? [])
    if (last === undefined) return { entries, last: after, end: true }
    return { entries, last: last.seq, end: pending === 0 }
  }

  /**
   * A shop's newest `count` events that match, between two sequences, both excluded, newest first. `end` is the sequence at which the
   * search ended; `complete`: there are no more.
   */
  async search(
    shopId: string,
    count: number,
    { after, before }: { readonly after: number; readonly before: number },
    { wanted, mostScanned }: { readonly wanted: (entry: LogEntry) => boolean; readonly mostScanned: number },
  ): Promise<{ readonly entries: readonly LogEntry[]; readonly end: number; readonly complete: boolean }> {
    const entries: LogEntry[] = []
    let end = before
    for (let scanned = 0; scanned < mostScanned; ) {
      // In most searches all events match. In the others it is faster to read many at once.
      const size = scanned === 0 ? count : BATCH
      const messages = await this.#messagesBefore(storedSubject(shopId), size, end)
      scanned += messages.length
      for (const message of messages.toReversed()) {
        if (message.seq <= after) return { entries, end: after, complete: true }
        end = message.seq
        const entry = this.#validEntry(message)
        if (entry !== undefined && wanted(entry)) entries.push(entry)
        if (entries.length === count) return { entries, end, complete: false }
      }
      if (messages.length < size) return { entries, end: after, complete: true }
    }
    return { entries, end, complete: false }
  }

  /** The sequence of the oldest message of a shop that the log still has; Infinity when it has none. */
  async firstSeq(shopId: string): Promise<number> {
    return (await this.#batch(storedSubject(shopId), 1, 1)).messages[0]?.seq ?? Infinity
  }

  /** The sequence of the first message, of any shop, stored at or after a time; Infinity when there is none yet. */
  async seqAt(time: string): Promise<number> {
    const { messages } = await this.#js.batch(STREAM, { start_time: time, next_by_subj: ">", batch: 1 })
    return messages[0]?.seq ?? Infinity
  }

  async #lastSeq(subject: string): Promise<number> {
    return (await this.#js.message(STREAM, { last_by_subj: subject }))?.seq ?? 0
  }

  /** The messages of a subject after `after`, up to `end`, oldest first, in batches that are never empty. */
  async *#messages(subject: string, after: number, end: number): AsyncGenerator<StoredMsg[]> {
    for (let from = after + 1; from <= end; ) {
      const { messages, pending } = await this.#batch(subject, from, BATCH)
      const last = messages.at(-1)
      const wanted = last === undefined || last.seq <= end ? messages : messages.filter(({ seq }) => seq <= end)
      if (wanted.length > 0) yield wanted
      if (last === undefined || pending === 0) return
      from = last.seq + 1
    }
  }

  /** The last `count` messages of a subject before a sequence, oldest first. Fewer: there are no more. */
  async #messagesBefore(subject: string, count: number, before: number): Promise<StoredMsg[]> {
    const { messages, pending } = await this.#batch(subject, 1, count)
    const first = messages[0]
    if (first === undefined) return []
    if (pending === 0) return messages.filter(({ seq }) => seq < before)
    return await this.#readFrom(subject, await this.#startFor(subject, first, count, before), count, before)
  }

  // JetStream only reads forwards, but says with each message how many follow. So we look for a sequence with at least `count`
  // messages, and not many more, between it and `before`.
  async #startFor(subject: string, first: StoredMsg, count: number, before: number): Promise<number> {
    let high = Math.min(before, Math.max(await this.#lastSeq(subject), first.seq) + 1)
    const beyond = await this.#remaining(subject, high)
    let low = first.seq
    let [atLow, atHigh] = [pendingAfter(first) + 1 - beyond, 0]
    for (let probe = 0; probe < MAX_PROBES && atLow > 2 * count && high - low > 1; probe++) {
      // By proportion, which is fast for events at a steady rate; every other time by halves, so that the search always ends.
      const share = probe % 2 === 0 ? (1.5 * count - atHigh) / (atLow - atHigh) : 0.5
      const middle = Math.min(high - 1, Math.max(low + 1, Math.round(high - (high - low) * share)))
      const atMiddle = (await this.#remaining(subject, middle)) - beyond
      if (atMiddle >= count) [low, atLow] = [middle, atMiddle]
      else [high, atHigh] = [middle, atMiddle]
    }
    return low
  }

  async #readFrom(subject: string, start: number, count: number, before: number): Promise<StoredMsg[]> {
    let last: StoredMsg[] = []
    for (let from = start; ; ) {
      const { messages, pending } = await this.#batch(subject, from, BATCH)
      last = [...last, ...messages.filter(({ seq }) => seq < before)].slice(-count)
      const end = messages.at(-1)
      if (end === undefined || end.seq >= before - 1 || pending === 0) return last
      from = end.seq + 1
    }
  }

  /** How many messages of the subject there are from a sequence on. */
  async #remaining(subject: string, seq: number): Promise<number> {
    const { messages, pending } = await this.#batch(subject, seq, 1)
    return messages.length + pending
  }

  #validRecords(messages: readonly StoredMsg[]): readonly LogRecord[] {
    return messages.flatMap((message) => {
      const record = readRecord(message)
      return "reason" in record || this.#hidden.has(message.seq) ? [] : [record]
    })
  }

  #validEntry(message: StoredMsg): LogEntry | undefined {
    const entry = readEntry(message)
    return "reason" in entry || this.#hidden.has(message.seq) ? undefined : entry
  }

  async #batch(subject: string, seq: number, batch: number): Promise<Batch> {
    return await this.#js.batch(STREAM, { seq, next_by_subj: subject, batch })
  }
}

/** Takes messages from batches by sequence. */
class MessageQueue {
  readonly #batches: AsyncGenerator<StoredMsg[]>
  #waiting: StoredMsg[] = []
  #ended = false

  constructor(batches: AsyncGenerator<StoredMsg[]>) {
    this.#batches = batches
  }

  /** The messages up to the sequence `seq` that were not taken before. */
  async upTo(seq: number): Promise<StoredMsg[]> {
    while (!this.#ended && (this.#waiting.at(-1)?.seq ?? 0) <= seq) {
      const next = await this.#batches.next()
      if (next.done) this.#ended = true
      else this.#waiting.push(...next.value)
    }
    const beyond = this.#waiting.findIndex((message) => message.seq > seq)
    return this.#waiting.splice(0, beyond === -1 ? this.#waiting.length : beyond)
  }
}
