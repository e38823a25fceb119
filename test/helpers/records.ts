import type { BasketTask } from "../../contract/basket-work.ts"
import type { SentEvent } from "../../contract/shared-session.ts"
import type { LogRecord } from "../../service/log/entry.ts"
import { type ProducerPlace, placesIn } from "../../service/log/producers/producer-headers.ts"
import { addSeq, hasSeq, highestSeq, type SeqRanges } from "../../service/log/producers/seq-ranges.ts"
import { publishEvent } from "./events.ts"

/** A time to count from: the beginning of an hour. */
export const HOUR_0 = Date.parse("2026-03-01T10:00:00.000Z")
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

/** Session IDs of tests: valid, and short to write. */
export const sessionId = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`

/** A log of one shop, written record by record: sequences count from 1, and time goes on only when it is told to. */
export class TestLog {
  readonly shopId = publishEvent().shop_id
  readonly records: LogRecord[] = []
  now = HOUR_0

  event(fields: Partial<SentEvent> = {}, place?: ProducerPlace): LogRecord {
    const sent = publishEvent({ shop_id: this.shopId, session_id: sessionId(1), ...fields })
    const event = { ...sent, ...this.#stamp() }
    if (place === undefined) return this.#add({ shopId: this.shopId, event })
    return this.#add({ shopId: this.shopId, event: place.late ? { ...event, late: true } : event, place })
  }

  work(session_id: string, by: string, task: BasketTask = "acknowledge"): LogRecord {
    return this.#add({ shopId: this.shopId, work: { session_id, by, task, ...this.#stamp() } })
  }

  #stamp(): { seq: number; received_at: string } {
    return { seq: this.records.length + 1, received_at: new Date(this.now).toISOString() }
  }

  #add(record: LogRecord): LogRecord {
    this.records.push(record)
    return record
  }
}

/** The places that a producer's requests get in the log, as they are stored one after the other. */
export class TestPlaces {
  readonly #id: string
  #epoch = 0
  #known: SeqRanges = []

  constructor(id: string) {
    this.#id = id
  }

  /** The places of the events of a request, by index. The request is stored now, or was already. */
  of(seq: number, { epoch = 0, events = 1 } = {}): (index: number) => ProducerPlace {
    if (epoch > this.#epoch) this.#known = []
    this.#epoch = epoch
    const late = seq < highestSeq(this.#known)
    if (!hasSeq(this.#known, seq)) this.#known = addSeq(this.#known, seq)
    return placesIn(this.#known, { id: this.#id, epoch, seq }, events, late)
  }

  /** The place of a single event. */
  place(seq: number, epoch = 0): ProducerPlace {
    return this.of(seq, { epoch })(0)
  }
}
