import type { PublishEvent } from "../../../contract/publish-event.ts"
import { shopSubject } from "../../../contract/subjects.ts"
import { isApiError, WRONG_LAST_SEQUENCE } from "../../jetstream/api-error.ts"
import type { JetStream } from "../../jetstream/jetstream.ts"
import { type LogId, logId } from "../../log/log-id.ts"
import { STREAM } from "../../log/stream.ts"
import { storedSubject } from "../../log/subjects.ts"

/** A header of ours on an event that came from MongoDB: the key of its document. */
const INCOMING_KEY = "Shopwire-Incoming"

/** Messages of a shop that are read at a time. Many shops may be read at the same time. */
const READ_AT_ONCE = 50

/** The current state of the log. */
export interface LogState {
  readonly log: LogId
  readonly firstSeq: number
  readonly lastSeq: number
}

/** The log, for publishing events from MongoDB. */
export class IncomingLog {
  readonly #js: JetStream

  constructor(js: JetStream) {
    this.#js = js
  }

  async state(): Promise<LogState> {
    const { created, state } = await this.#js.info(STREAM)
    return { log: logId(created), firstSeq: state.first_seq, lastSeq: state.last_seq }
  }

  /**
   * A shop's part of the log after the sequence `after`, which may already have its events.
   *
   * @param keys of the documents to look for
   */
  async openShop(shopId: string, after: number, keys: Iterable<string>): Promise<IncomingShop> {
    const shop = new IncomingShop(this.#js, shopId, after, keys)
    await shop.catchUp()
    return shop
  }
}

/** Publishes a shop's events from MongoDB, each once, however often and by however many archivers it is tried. */
export class IncomingShop {
  readonly #js: JetStream
  readonly #shopId: string
  readonly #keys: ReadonlySet<string>
  /** The last sequence of each event that was found, by its key. */
  readonly #found = new Map<string, number>()
  /** Sequence up to which all messages of the shop were read. */
  #seen: number
  /** Sequence of the shop's last message; 0: there is none. */
  #last = 0

  constructor(js: JetStream, shopId: string, after: number, keys: Iterable<string>) {
    this.#js = js
    this.#shopId = shopId
    this.#seen = after
    this.#keys = new Set(keys)
  }

  /**
   * The sequence of an event that the log has after `after`. An earlier one belongs to a deleted document with the same `_id`.
   */
  find(key: string, after: number): number | undefined {
    const seq = this.#found.get(key)
    return seq !== undefined && seq > after ? seq : undefined
  }

  /**
   * Stores an event unless the log has it after `after`. Resolves to its sequence. It is published on condition that the shop got no message
   * since the log was read. So neither another archiver nor an earlier attempt whose acknowledgement was lost can have stored it in
   * between.
   */
  async storeOnce(key: string, event: PublishEvent, after: number): Promise<number> {
    for (;;) {
      const found = this.find(key, after)
      if (found !== undefined) return found
      const seq = await this.#publish(key, event)
      if (seq === undefined) await this.catchUp()
      else {
        this.#found.set(key, seq)
        this.#seen = seq
        this.#last = seq
      }
    }
  }

  /** Reads the shop's new messages. Rejects when they cannot be read: then nothing may be published. */
  async catchUp(): Promise<void> {
    const subject = storedSubject(this.#shopId)
    this.#last = (await this.#js.message(STREAM, { last_by_subj: subject }))?.seq ?? 0
    while (this.#seen < this.#last) {
      const before = this.#seen
      const from = { seq: before + 1, next_by_subj: subject, batch: READ_AT_ONCE }
      for (const { seq, header } of (await this.#js.batch(STREAM, from)).messages) {
        const key = header.get(INCOMING_KEY)
        if (this.#keys.has(key)) this.#found.set(key, seq)
        this.#seen = seq
        this.#last = Math.max(this.#last, seq)
      }
      if (this.#seen === before) throw new Error("the log lacks messages that it had")
    }
  }

  /** Undefined: another message of the shop came first. */
  async #publish(key: string, event: PublishEvent): Promise<number | undefined> {
    const headers = { [INCOMING_KEY]: key, "Nats-Expected-Last-Subject-Sequence": String(this.#last) }
    try {
      return (await this.#js.publish(shopSubject(this.#shopId), JSON.stringify(event), headers)).seq
    } catch (error) {
      if (isApiError(error, WRONG_LAST_SEQUENCE)) return undefined
      throw error
    }
  }
}
