import { model } from "res-service"
import type { Guard } from "../auth/guard.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { logId } from "../log/log-id.ts"
import { STREAM } from "../log/stream.ts"
import { EVENT_SUBJECTS } from "../log/subjects.ts"
import { DeadLetters } from "./dead-letters.ts"
import { consumerName } from "./intake.ts"

const ARCHIVE = "shopwire.archive"

/** How far the archive is behind the log, whether or not an archiver runs. */
export interface ArchiveStatus {
  /** False when no archiver has ever run on this log: all else is 0 then. */
  readonly archiving: boolean
  /** Events of the log that are not archived yet. */
  readonly waiting: number
  /** Age of the oldest of them, in ms. */
  readonly lag_ms: number
  /** Events and baskets that MongoDB has refused for good. */
  readonly dead_letters: number
}

/**
 * `shopwire.archive`: model, for monitoring.
 *
 * access  get for everyone
 * get     an ArchiveStatus: { archiving: true, waiting: 0, lag_ms: 0, dead_letters: 0 }
 * errors  system.serviceUnavailable: the log does not answer
 * events  none: read it anew
 */
export function archiveStatus(guard: Guard, js: JetStream) {
  return model(ARCHIVE, {
    mode: { access: "free", get: "free" },
    access: guard.access(ARCHIVE),
    get: () => readStatus(js),
  })
}

async function readStatus(js: JetStream): Promise<ArchiveStatus> {
  const log = logId((await js.info(STREAM)).created)
  const consumer = await js.consumer(STREAM, consumerName(log))
  const dead_letters = await new DeadLetters(js).count()
  if (consumer === undefined) return { archiving: false, waiting: 0, lag_ms: 0, dead_letters }
  const waiting = consumer.num_pending + consumer.num_ack_pending
  if (waiting === 0) return { archiving: true, waiting, lag_ms: 0, dead_letters }
  const seq = consumer.ack_floor.stream_seq + 1
  const oldest = await js.message(STREAM, { seq, next_by_subj: EVENT_SUBJECTS })
  const lag_ms = oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.time.getTime())
  return { archiving: true, waiting, lag_ms, dead_letters }
}
