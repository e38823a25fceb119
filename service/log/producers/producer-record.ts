import type { StoredMsg } from "@nats-io/jetstream"
import type { SeqRanges } from "./seq-ranges.ts"

/** One request of a producer. */
export interface StoredRequest {
  /** Of the producer. */
  readonly seq: number
  /** How many events it has. */
  readonly events: number
}

/** Requests whose events follow each other in the log. */
export interface StoredGroup {
  /** Sequence in the log of the first event. */
  readonly at: number
  readonly requests: readonly StoredRequest[]
}

/**
 * What the log knows of a producer, in a message of the producer's subject. The last one counts; earlier ones tell where earlier
 * requests are.
 */
export interface ProducerRecord {
  readonly epoch: number
  /** The stored sequences of this epoch, without `claimed`. */
  readonly known: SeqRanges
  /** Those of the sequences that the record before did not know. */
  readonly stored?: StoredGroup | undefined
  /** Requests that are being stored, on condition that the record `claim` is the last one. */
  readonly claimed?: readonly StoredRequest[] | undefined
  /** Sequence in the log of the record that has claimed them, if it is an earlier one. Then nothing more can be stored for it. */
  readonly claim?: number | undefined
}

/** A record with its sequence in the log. */
export interface LoggedRecord extends ProducerRecord {
  readonly at: number
}

export function writeRecord(record: ProducerRecord): string {
  return JSON.stringify(record)
}

export function readRecord(message: StoredMsg): LoggedRecord {
  return { ...message.json<ProducerRecord>(), at: message.seq }
}
