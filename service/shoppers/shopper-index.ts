import { hash } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { Logger } from "res-service"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { type LogRecord, readEntry, type StoredMessage } from "../log/entry.ts"
import type { Log, LogFollower } from "../log/log.ts"
import { STREAM } from "../log/stream.ts"
import type { Part } from "../part-list.ts"
import { ONCE } from "../shards.ts"

const BUCKET = "shopper-index"

/** An entry: 8 bytes of a hash of the shopper, 8 bytes of a sequence. */
const ENTRY_BYTES = 16
const HASH_BYTES = 8
/** Entries of a block: 64 KiB. */
const BLOCK_ENTRIES = 4096
/** Room at first; it doubles when it is full. */
const FIRST_ENTRIES = 64
/** Entries that have waited this long, in ms, are stored in a block that is not full. */
const FLUSH_INTERVAL_MS = 60_000
/** While it catches up, it rests this many times as long as it works: a first get of a shop must not wait for it. */
const REST_FACTOR = 4
/** Blocks that are read at the same time. */
const BLOCKS_AT_ONCE = 50

const UUID = /([0-9a-f]{8})-?([0-9a-f]{4})-?(4[0-9a-f]{3})-?([89ab][0-9a-f]{3})-?([0-9a-f]{12})/gi

/** Version of the rule for IDs in a message: 2 knows UUIDs without dashes. Blocks of another version are made again. */
const VERSION = "2"

/** Messages of the log from one sequence to another, both included. */
interface Range {
  readonly from: number
  readonly to: number
}

/**
 * Where in the log a shopper's messages are: 16 bytes for each message, in blocks of 4,096 in a KV bucket, key
 * `<log>.<version>.<from>-<to>`. Finding a shopper in a million messages reads 16 MB. The index contains no shopper's ID. At most the
 * last minute is in memory. Messages from before the index existed are read from the log until the index has caught up.
 */
export class ShopperIndex implements Part, LogFollower {
  readonly #bucket: Bucket
  readonly #js: JetStream
  readonly #log: Log
  readonly #logger: Logger
  #flushing: NodeJS.Timeout | undefined
  #logKey = ""
  #blocks: Range[] = []
  /** The entries of messages after the sequence `#after`. */
  #recent = new Entries()
  #after = 0
  #position = 0
  #storing: Promise<void> = Promise.resolve()
  #isActive = false

  constructor(js: JetStream, log: Log, logger: Logger) {
    this.#bucket = new Bucket(js, BUCKET)
    this.#js = js
    this.#log = log
    this.#logger = logger
  }

  start(): void {
    this.#bucket.onReplaced(() => this.lose())
  }

  async acquire(shards: readonly number[]): Promise<void> {
    if (shards.includes(ONCE)) await this.#begin()
  }

  async release(shards: readonly number[]): Promise<void> {
    if (shards.includes(ONCE)) await this.stop()
  }

  /** Indexes new messages from now on, and then those that the log had before. */
  async #begin(): Promise<void> {
    const position = this.#log.positionOf(ONCE)
    const log = this.#log.id.key
    this.#isActive = true
    this.#flushing ??= setInterval(() => this.#flush(), FLUSH_INTERVAL_MS)
    this.#logKey = log
    this.#recent = new Entries()
    this.#after = position
    this.#position = position
    this.#blocks = []
    const { first_seq } = (await this.#js.info(STREAM)).state
    for (const key of await this.#bucket.keys()) {
      const [, ofLog, version, from, to] = /^([0-9a-z]+)\.(\d+)\.(\d+)-(\d+)$/.exec(key) ?? []
      // The block belongs to another log or version, or to messages that are gone.
      if (ofLog !== log || version !== VERSION || Number(to) < first_seq) await this.#bucket.purge(key)
      else this.#blocks.push({ from: Number(from), to: Number(to) })
    }
    this.#catchUp(log, first_seq).catch((error: unknown) =>
      this.#logger.warn({ err: error }, "the index of shoppers is not complete; an erasure reads the log instead"),
    )
  }

  /** Indexes a message. One that is not valid is indexed by the UUIDs in it. */
  take(message: StoredMessage, record: LogRecord | undefined): void {
    // Work on a basket is erased with the basket.
    if (record !== undefined && "work" in record) return
    this.#position = message.seq
    if (record === undefined) for (const id of uuidsIn(message)) this.#recent.add(id, message.seq)
    else this.#recent.add(record.event.shopper_id, message.seq)
    if (this.#recent.isFull) this.#flush()
  }

  lose(): void {
    if (!this.#isActive) return
    const message = "the index of shoppers cannot be started again; an erasure reads the log instead"
    this.#begin().catch((error: unknown) => this.#logger.warn({ err: error }, message))
  }

  /** The sequences up to `to` of messages that may be, or may have been, the shopper's. */
  async *find(shopperId: string, to: number): AsyncGenerator<number> {
    const hash = Buffer.from(hashOf(shopperId), "hex")
    const blocks = [...this.#blocks]
    const gaps = this.#gaps(1, this.#after)
    yield* sequencesIn(this.#recent.bytes, hash)
    for (let i = 0; i < blocks.length; i += BLOCKS_AT_ONCE) {
      const some = blocks.slice(i, i + BLOCKS_AT_ONCE)
      const values = await Promise.all(
        some.map(async (block) => (await this.#bucket.get(keyOf(this.#logKey, block)))?.value),
      )
      for (const value of values) if (value !== undefined) yield* sequencesIn(Buffer.from(value), hash)
    }
    for (const gap of gaps) {
      for await (const messages of this.#log.reader.events(gap.from - 1, Math.min(gap.to, to))) {
        const entries = new Entries()
        entries.addAll(messages)
        yield* sequencesIn(entries.bytes, hash)
      }
    }
  }

  /** Stores the entries in memory. */
  async stop(): Promise<void> {
    if (!this.#isActive) return
    this.#isActive = false
    clearInterval(this.#flushing)
    this.#flushing = undefined
    this.#flush()
    await this.#storing
  }

  /** The ranges up to a sequence that no block covers. */
  #gaps(first: number, to: number): Range[] {
    const gaps: Range[] = []
    let next = first
    for (const block of this.#blocks.toSorted((a, b) => a.from - b.from)) {
      if (block.from > next) gaps.push({ from: next, to: Math.min(block.from - 1, to) })
      next = Math.max(next, block.to + 1)
    }
    if (next <= to) gaps.push({ from: next, to })
    return gaps.filter(({ from, to }) => from <= to)
  }

  #flush(): void {
    const block = { from: this.#after + 1, to: this.#position }
    if (block.to < block.from) return
    const { bytes } = this.#recent
    this.#recent = new Entries()
    this.#after = block.to
    this.#storing = this.#storing
      .then(() => this.#store(this.#logKey, block, bytes))
      .catch((error: unknown) => {
        // That leaves a gap, which the next start closes.
        this.#logger.warn({ err: error }, "a part of the index of shoppers could not be stored")
      })
  }

  async #store(log: string, block: Range, entries: Buffer): Promise<void> {
    await this.#bucket.put(keyOf(log, block), entries)
    if (log === this.#logKey) this.#blocks.push(block)
  }

  async #catchUp(log: string, first: number): Promise<void> {
    let begunAt = performance.now()
    for (const gap of this.#gaps(first, this.#after)) {
      let from = gap.from
      let entries = new Entries()
      const flush = async (to: number): Promise<void> => {
        await this.#store(log, { from, to }, entries.bytes)
        entries = new Entries()
        from = to + 1
      }
      for await (const messages of this.#log.reader.events(gap.from - 1, gap.to)) {
        if (!this.#isActive || log !== this.#logKey) return
        entries.addAll(messages)
        if (entries.isFull) await flush(messages.at(-1)?.seq ?? from)
        await sleep(REST_FACTOR * (performance.now() - begunAt))
        begunAt = performance.now()
      }
      if (from <= gap.to) await flush(gap.to)
    }
  }
}

function keyOf(log: string, { from, to }: Range): string {
  return `${log}.${VERSION}.${from}-${to}`
}

/** Whether a message is a shopper's. A message that is not a valid event is, when it contains the ID anywhere. */
export function isOf(message: StoredMessage, shopperId: string): boolean {
  const entry = readEntry(message)
  return "event" in entry ? entry.event.shopper_id === shopperId : uuidsIn(message).includes(shopperId)
}

/** Entries one after the other, in one buffer: a buffer for each would take more than the rest of the work on it. */
class Entries {
  #buffer = Buffer.alloc(FIRST_ENTRIES * ENTRY_BYTES)
  #length = 0

  /** All entries so far. Adding more does not change it. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** They are enough for a block. */
  get isFull(): boolean {
    return this.#length >= BLOCK_ENTRIES * ENTRY_BYTES
  }

  add(shopperId: string, seq: number): void {
    if (this.#length === this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer], 2 * this.#length)
    this.#buffer.write(hashOf(shopperId), this.#length, HASH_BYTES, "hex")
    this.#buffer.writeDoubleBE(seq, this.#length + HASH_BYTES)
    this.#length += ENTRY_BYTES
  }

  /** Adds those of messages of the log. */
  addAll(messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      const known = readEntry(message)
      if ("event" in known) this.add(known.event.shopper_id, message.seq)
      else for (const id of uuidsIn(message)) this.add(id, message.seq)
    }
  }
}

function uuidsIn({ data }: StoredMessage): string[] {
  const found = [...Buffer.from(data).toString("latin1").matchAll(UUID)]
  return [...new Set(found.map(([, ...parts]) => parts.join("-").toLowerCase()))]
}

function* sequencesIn(entries: Buffer, hash: Buffer): Generator<number> {
  for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
    if (entries.compare(hash, 0, HASH_BYTES, at, at + HASH_BYTES) === 0) yield entries.readDoubleBE(at + HASH_BYTES)
  }
}

/** In hexadecimal digits: asking for a buffer takes twice as long. */
function hashOf(shopperId: string): string {
  return hash("sha256", shopperId, "hex").slice(0, 2 * HASH_BYTES)
}
