import type { Annotations } from "../../contract/annotations.ts"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import type { LogEntry } from "../log/entry.ts"
import { eventId, type LogId } from "../log/log-id.ts"
import type { ProducerPlace } from "../log/producers/producer-headers.ts"
import { sha256 } from "../sha256.ts"

/** An event in the collection `events`. The archiver writes it once and never changes it. */
export interface EventDocument extends PublishEvent, Pick<ShownEvent, "late" | "shared_session"> {
  /** `<key of the log>-<seq>` */
  readonly _id: string
  /** When the log of `seq` was made. */
  readonly log: Date
  readonly seq: number
  readonly received_at: Date
  /** The event's place among those of its producer, if one has sent it. */
  readonly producer?: {
    /** A hash of its ID. */
    readonly id: string
    readonly epoch: number
    readonly seq: number
    /** The lowest sequence that was missing when the event was stored, if any. */
    readonly first_missing?: number
  }
  /** The ID of the HTTP request that has published it; none if another program has, or a client of a gateway. */
  readonly request_id?: string
  /** Set by other programs; shown live. */
  readonly annotations?: Annotations
}

/** @param requestId see `requestIdIn` */
export function eventDocument(log: LogId, { event, place }: LogEntry, requestId?: string): EventDocument {
  const { seq, received_at, ...fields } = event
  const ids = { _id: eventId(log, seq), log: log.created, seq }
  const origin = requestId === undefined ? {} : { request_id: requestId }
  const document = { ...ids, ...fields, received_at: new Date(received_at), ...origin }
  if (place === undefined) return document
  const { id, epoch, seq: ofProducer, firstMissing } = place
  const missing = firstMissing === Infinity ? {} : { first_missing: firstMissing }
  return { ...document, producer: { id: sha256(id), epoch, seq: ofProducer, ...missing } }
}

/** The event as it is shown: equal to the one from the log. */
export function shownEvent(document: EventDocument): ShownEvent {
  const { _id, log, annotations, producer, request_id, received_at, seq, ...event } = document
  return { ...event, seq, received_at: received_at.toISOString() }
}

/** The place in a document; undefined: no producer has sent the event. */
export function placeOf({ producer, late }: EventDocument): ProducerPlace | undefined {
  if (producer === undefined) return undefined
  const { first_missing: firstMissing = Infinity, ...place } = producer
  return { ...place, firstMissing, late: late === true }
}
