import type { JetStream } from "../jetstream/jetstream.ts"
import type { LogEntry } from "../log/entry.ts"
import type { Log } from "../log/log.ts"
import type { LogId } from "../log/log-id.ts"
import { STREAM } from "../log/stream.ts"
import type { Archive } from "./archive.ts"
import { ArchiveReader, type EventFilter } from "./archive-reader.ts"
import { consumerName } from "./intake.ts"

/** The archived events of the followed log. All methods throw `system.serviceUnavailable` while MongoDB or JetStream is away. */
export class ArchivedHistory {
  readonly #archive: Archive
  readonly #js: JetStream
  readonly #log: Log

  constructor(archive: Archive, js: JetStream, log: Log) {
    this.#archive = archive
    this.#js = js
    this.#log = log
  }

  /** The sequence up to which all events are archived; 0: nobody archives this log. */
  async upTo(): Promise<number> {
    return (await this.#js.consumer(STREAM, consumerName(this.#log.id)))?.ack_floor.stream_seq ?? 0
  }

  async at(shopId: string, seq: number): Promise<LogEntry | undefined> {
    return await this.#read((reader, log) => reader.at(log, shopId, seq))
  }

  /** The sequence of the event beyond the first `count` that an indexed filter takes; undefined when there are fewer. */
  async seqBeyond(shopId: string, count: number, filter: EventFilter, direction: 1 | -1): Promise<number | undefined> {
    return await this.#read((reader, log) => reader.seqBeyond(log, shopId, count, filter, direction))
  }

  /** Newest first. */
  async newest(shopId: string, count: number, filter: EventFilter = {}): Promise<LogEntry[]> {
    return await this.#read((reader, log) => reader.newest(log, shopId, count, filter))
  }

  /** Oldest first. */
  async oldest(shopId: string, count: number, filter: EventFilter = {}): Promise<LogEntry[]> {
    return await this.#read((reader, log) => reader.oldest(log, shopId, count, filter))
  }

  #read<T>(task: (reader: ArchiveReader, log: LogId) => Promise<T>): Promise<T> {
    return this.#archive.use((db) => task(new ArchiveReader(db), this.#log.id))
  }
}
