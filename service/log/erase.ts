import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream"
import { isApiError, STREAM_NOT_FOUND } from "./stream.ts"

/** JetStream's error codes for a message that is not there. */
const NO_MESSAGE = 10037
const SEQUENCE_NOT_FOUND = 10043
/** The status of a batched direct get that finds nothing. */
const NO_RESULTS = 404

/** Messages that are read in one go. */
const BATCH = 100

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

/** The messages of some subjects of a stream with direct gets, oldest first. None when there is no such stream. */
export async function* messagesOf(jsm: JetStreamManager, stream: string, subjects: string): AsyncGenerator<StoredMsg> {
  try {
    await jsm.streams.info(stream)
    for (let from = 1; ; ) {
      // When nothing is left, it ends with the error `NO_RESULTS`.
      for await (const message of await jsm.direct.getBatch(stream, {
        seq: from,
        next_by_subj: subjects,
        batch: BATCH,
      })) {
        yield message
        from = message.seq + 1
      }
    }
  } catch (error) {
    if (!isApiError(error, STREAM_NOT_FOUND) && !isApiError(error, NO_RESULTS)) throw error
  }
}
