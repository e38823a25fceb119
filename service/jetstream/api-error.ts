/** Error codes of JetStream's API, and statuses of its direct gets, for `isApiError`. */
export const STREAM_NOT_FOUND = 10059
export const CONSUMER_NOT_FOUND = 10014
export const WRONG_LAST_SEQUENCE = 10071
/** The same, while another message with a condition on the subject is being replicated. */
export const WRONG_LAST_CONSTANT = 10164
export const NO_MESSAGE_FOUND = 10037
export const SEQUENCE_NOT_FOUND = 10043
/** The cluster has not enough servers for the replicas; no cluster at all; its servers have not found each other yet. */
export const NO_PEERS = 10005
export const NO_CLUSTER = 10074
export const CLUSTER_NOT_READY = 10008
/** A batched direct get has found nothing, or nothing more. */
export const NO_RESULTS = 404

/** Whether JetStream answered with this code. Also looks at the cause of an error that `JetStream` has thrown. */
export function isApiError(error: unknown, code: number): boolean {
  if (typeof error !== "object" || error === null) return false
  if ("code" in error && error.code === code) return true
  return "cause" in error && isApiError(error.cause, code)
}
