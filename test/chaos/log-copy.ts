import { DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream"
import type { NatsConnection } from "nats"
import { FEED_LIMIT } from "../../contract/limits.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { consumedMessage, readEntry } from "../../service/log/entry.ts"
import { STREAM } from "../../service/log/stream.ts"
import { EVENT_SUBJECTS } from "../../service/log/subjects.ts"
import { type StoredEvent, storedEvent } from "./evidence.ts"

const MESSAGES_AT_ONCE = 1000

/** A shop's part of the log. */
export interface ShopLog {
  /** Oldest first. */
  readonly events: readonly StoredEvent[]
  /** The newest 100, newest first. */
  readonly newest: readonly ShownEvent[]
}

/** A copy of the log, read from the stream itself. It grows with each `read`. */
export class LogCopy {
  readonly #nats: NatsConnection
  #created = ""
  lastSeq = 0
  readonly #events = new Map<string, StoredEvent[]>()
  readonly #newest = new Map<string, ShownEvent[]>()

  constructor(nats: NatsConnection) {
    this.#nats = nats
  }

  /** Reads what was stored since the last call, or everything if the stream is a new one. */
  async read(): Promise<void> {
    const { created } = await (await jetstreamManager(this.#nats)).streams.info(STREAM)
    if (created !== this.#created) {
      this.#created = created
      this.lastSeq = 0
      this.#events.clear()
      this.#newest.clear()
    }
    const consumer = await jetstream(this.#nats).consumers.get(STREAM, {
      filter_subjects: [EVENT_SUBJECTS],
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.lastSeq + 1,
    })
    let left = (await consumer.info()).num_pending
    while (left > 0) {
      const messages = await consumer.fetch({ max_messages: Math.min(left, MESSAGES_AT_ONCE), expires: 2000 })
      const before = left
      for await (const message of messages) {
        left--
        const entry = readEntry(consumedMessage(message))
        if (!("reason" in entry)) this.#add(entry.event)
      }
      if (left === before) throw new Error(`the stream does not give its last ${left} messages`)
    }
    await consumer.delete()
  }

  of(shopId: string): ShopLog {
    return { events: this.#events.get(shopId) ?? [], newest: this.#newest.get(shopId) ?? [] }
  }

  #add(event: ShownEvent): void {
    const { shop_id } = event
    this.lastSeq = Math.max(this.lastSeq, event.seq)
    const events = this.#events.get(shop_id) ?? []
    events.push(storedEvent(event))
    this.#events.set(shop_id, events)
    this.#newest.set(shop_id, [event, ...(this.#newest.get(shop_id) ?? [])].slice(0, FEED_LIMIT))
  }
}
