import type { Annotations } from "../../contract/annotations.ts"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import type { LogEntry } from "../log/entry.ts"
import { eventId, type LogId } from "../log/log-id.ts"

/** An event as it stands in the collection `events`: written once, and never changed by us. */
export interface EventDocument extends PublishEvent {
  /** `<key of the log>-<seq>` */
  readonly _id: string
  /** When the log that `seq` counts in was made. */
  readonly log: Date
  readonly seq: number
  readonly received_at: Date
  /** Set by others; shown live. */
  readonly annotations?: Annotations
}

export function eventDocument(log: LogId, { event }: LogEntry): EventDocument {
  const { seq, received_at, ...fields } = event
  return { _id: eventId(log, seq), log: log.created, seq, ...fields, received_at: new Date(received_at) }
}

/** The event as people see it, member for member as the log gives it. */
export function shownEvent({ _id, log, annotations, received_at, seq, ...event }: EventDocument): ShownEvent {
  return { ...event, seq, received_at: received_at.toISOString() }
}
