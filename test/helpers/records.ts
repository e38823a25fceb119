import type { PublishEvent } from "../../contract/publish-event.ts"
import type { LogRecord } from "../../service/log/entry.ts"
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

  event(fields: Partial<PublishEvent> = {}): LogRecord {
    const event = publishEvent({ shop_id: this.shopId, session_id: sessionId(1), ...fields })
    return this.#add({ shopId: this.shopId, event: { ...event, ...this.#stamp() } })
  }

  ack(session_id: string, by: string): LogRecord {
    return this.#add({ shopId: this.shopId, ack: { session_id, by, ...this.#stamp() } })
  }

  #stamp(): { seq: number; received_at: string } {
    return { seq: this.records.length + 1, received_at: new Date(this.now).toISOString() }
  }

  #add(record: LogRecord): LogRecord {
    this.records.push(record)
    return record
  }
}
