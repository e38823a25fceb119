import {
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream"
import { nanos } from "nats"
import { SHOP_SUBJECTS } from "../../contract/subjects.ts"
import { ACK_SUBJECTS, PARTITIONS, PROBE_SUBJECT } from "./subjects.ts"

export const STREAM = "UPDATES"

/** How long the same `Idempotency-Key` counts as the same request. */
export const IDEMPOTENCY_WINDOW_MS = 10 * 60 * 1000

/** API error codes of JetStream, for `isApiError`. */
export const STREAM_NOT_FOUND = 10059
export const CONSUMER_NOT_FOUND = 10014

export interface Retention {
  /** 0: no limit. */
  readonly maxAgeDays: number
  /** 0: no limit. */
  readonly maxMiB: number
}

/** Makes the stream, or brings an existing one's limits up to date, and returns what it is. */
export async function openStream(jsm: JetStreamManager, retention: Retention): Promise<StreamInfo> {
  const config = {
    name: STREAM,
    description:
      "Basket actions of all shops and their acknowledgements: the truth that all that is shown is made from",
    subjects: [SHOP_SUBJECTS, ACK_SUBJECTS, PROBE_SUBJECT],
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
    // No rollups, so that questions about message IDs are never stored: see `LogAppender`.
    allow_rollup_hdrs: false,
  } satisfies Partial<StreamConfig>
  try {
    const { config: current } = await jsm.streams.info(STREAM)
    return await jsm.streams.update(STREAM, { ...current, ...config })
  } catch (error) {
    if (!isApiError(error, STREAM_NOT_FOUND)) throw error
    return await jsm.streams.add(config)
  }
}

/** True for an error that JetStream answered with this code: an API error code, or the status of a direct get. */
export function isApiError(error: unknown, code: number): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code
}
