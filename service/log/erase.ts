import type { JetStreamManager } from "@nats-io/jetstream"
import { isApiError, STREAM_NOT_FOUND } from "./stream.ts"

/** JetStream's error codes for a message that is not there. */
const NO_MESSAGE = 10037
const SEQUENCE_NOT_FOUND = 10043

/** Deletes a message and overwrites what it leaves on the disk; false when it is gone already. */
export async function eraseMessage(jsm: JetStreamManager, stream: string, seq: number): Promise<boolean> {
  try {
    return await jsm.streams.deleteMessage(stream, seq, true)
  } catch (error) {
    if (isApiError(error, SEQUENCE_NOT_FOUND) || isApiError(error, NO_MESSAGE)) return false
    throw error
  }
}

/** As `eraseMessage`, the last message of a subject. False also when there is no such stream. */
export async function eraseLast(jsm: JetStreamManager, stream: string, subject: string): Promise<boolean> {
  try {
    const message = await jsm.streams.getMessage(stream, { last_by_subj: subject })
    return message !== null && (await eraseMessage(jsm, stream, message.seq))
  } catch (error) {
    if (isApiError(error, STREAM_NOT_FOUND)) return false
    throw error
  }
}
