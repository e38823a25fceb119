import { handle } from "res-service"
import { type ArchiveStatus, archive } from "../../contract/shopwire.ts"
import type { Guard } from "../auth/guard.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { logId } from "../log/log-id.ts"
import { STREAM } from "../log/stream.ts"
import { EVENT_SUBJECTS } from "../log/subjects.ts"
import { DeadLetters } from "./dead-letters.ts"
import { consumerName } from "./intake.ts"

/** Serves `archive`. */
export function archiveResource(guard: Guard, js: JetStream) {
  return handle(archive, {
    mode: { access: "free", get: "free" },
    access: guard.access(archive),
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
