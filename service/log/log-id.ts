/**
 * Identifies a log. A stream that was deleted, or lost with its files, is made again and counts from 1, so a sequence alone may name an
 * old or a new event. The time at which JetStream made the stream tells the logs apart. It stays the same after restarts, changed limits,
 * and a restore by `npm run restore`: see `createdOf`.
 */
export interface LogId {
  readonly created: Date
  /** The same as text, short, for document IDs and consumer names: "mi1x0f2a". */
  readonly key: string
}

/** @param created as JetStream gives it, an ISO date-time */
export function logId(created: string): LogId {
  const date = new Date(created)
  return { created: date, key: date.getTime().toString(36) }
}

/** The `_id` of an event's document: "mi1x0f2a-7". */
export function eventId(log: LogId, seq: number): string {
  return `${log.key}-${seq}`
}
