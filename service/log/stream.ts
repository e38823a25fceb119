import { DiscardPolicy, RetentionPolicy, StorageType, type StreamInfo } from "@nats-io/jetstream"
import { nanos } from "nats"
import { SHOP_SUBJECTS } from "../../contract/subjects.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { PARTITIONS, PROBE_SUBJECT, PRODUCER_SUBJECTS, WORK_SUBJECTS } from "./subjects.ts"

export const STREAM = "UPDATES"

/** How long the same `Idempotency-Key` counts as the same request. */
export const IDEMPOTENCY_WINDOW_MS = 10 * 60 * 1000

export interface Retention {
  /** 0: no limit. */
  readonly maxAgeDays: number
  /** 0: no limit. */
  readonly maxMiB: number
}

/** Makes the stream, or updates the limits of an existing one. It is made again when it is missing. */
export async function openStream(js: JetStream, retention: Retention): Promise<StreamInfo> {
  return await js.open({
    name: STREAM,
    description:
      "Basket actions of all shops and their acknowledgements: the truth that all that is shown is made from",
    subjects: [SHOP_SUBJECTS, WORK_SUBJECTS, PRODUCER_SUBJECTS, PROBE_SUBJECT],
    subject_transform: {
      src: SHOP_SUBJECTS,
      dest: `updates.store.{{partition(${PARTITIONS},1)}}.{{wildcard(1)}}`,
    },
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(retention.maxAgeDays * 24 * 60 * 60 * 1000),
    max_bytes: retention.maxMiB === 0 ? -1 : retention.maxMiB * 1024 * 1024,
    duplicate_window: nanos(IDEMPOTENCY_WINDOW_MS),
    allow_direct: true,
    allow_atomic: true,
    // Without rollups, questions about message IDs are never stored: see `LogAppender`.
    allow_rollup_hdrs: false,
  })
}
