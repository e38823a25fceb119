import type { Annotations } from "../../contract/annotations.ts"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import type { LogEntry } from "../log/entry.ts"
import { eventId, type LogId } from "../log/log-id.ts"

/** An event in the collection `events`. The archiver writes it once and never changes it. */
export interface EventDocument extends PublishEvent {
  /** `<key of the log>-<seq>` */
  readonly _id: string
  /** When the log of `seq` was made. */
  readonly log: Date
  readonly seq: number
  readonly received_at: Date
  /** Set by other programs; shown live. */
  readonly annotations?: Annotations
}

export function eventDocument(log: LogId, { event }: LogEntry): EventDocument {
  const { seq, received_at, ...fields } = event
  return { _id: eventId(log, seq), log: log.created, seq, ...fields, received_at: new Date(received_at) }
}

/** The event as it is shown: equal to the one from the log. */
export function shownEvent({ _id, log, annotations, received_at, seq, ...event }: EventDocument): ShownEvent {
  return { ...event, seq, received_at: received_at.toISOString() }
}
