import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream"

const { StreamNotFound, StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes

/** Whether JetStream refused a write because the key has another revision than the one that it was to replace. */
export function isConflict(error: unknown): boolean {
  return hasCode(error, StreamWrongLastSequence, StreamWrongLastSequenceUnknown)
}

/** Whether there is no such stream. */
export function isStreamMissing(error: unknown): boolean {
  return hasCode(error, StreamNotFound)
}

function hasCode(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof JetStreamApiError && codes.includes(error.code)
}
