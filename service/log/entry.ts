import type { JsMsg } from "@nats-io/jetstream"
import { BasketWork } from "../../contract/basket-work.ts"
import { LaxEvent } from "../../contract/lax-event.ts"
import { MAX_EVENT_BYTES } from "../../contract/limits.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import type { MessageHeader } from "../jetstream/consumption.ts"
import { sharedSessionIn } from "./new-events.ts"
import { type ProducerPlace, placeIn } from "./producers/producer-headers.ts"
import { isWorkSubject, shopOfStoredSubject, workSubject } from "./subjects.ts"

const NANOS_PER_MS = 1_000_000n

/** One event of the log, with its shop. */
export interface LogEntry {
  readonly shopId: string
  readonly event: ShownEvent
  /** Undefined: no producer has sent it. */
  readonly place?: ProducerPlace
}

/** The staff has done something with a basket. `seq` and `received_at` are as in an event. */
export type LoggedWork = BasketWork & { readonly seq: number; readonly received_at: string }

/** Work on one basket in the log, with its shop. */
export interface LogWork {
  readonly shopId: string
  readonly work: LoggedWork
}

/** Any record of a shop in the log. */
export type LogRecord = LogEntry | LogWork

/** A message of the log. */
export interface StoredMessage {
  /** The stored subject, with the partition. */
  readonly subject: string
  /** 1 and up. */
  readonly seq: number
  readonly time: Date
  readonly data: Uint8Array
  /** Undefined: it has none. */
  readonly header?: MessageHeader | undefined
}

/**
 * A message from a consumer, with the same time as from a direct get. `JsMsg.time` may be a millisecond later, because the NATS client
 * reads the nanoseconds as a number, which is exact to 256 of them only.
 */
export function consumedMessage({
  subject,
  seq,
  data,
  headers,
  timestampNanos,
}: Pick<JsMsg, "subject" | "seq" | "data" | "headers" | "timestampNanos">): StoredMessage {
  return { subject, seq, data, header: headers, time: new Date(Number(timestampNanos / NANOS_PER_MS)) }
}

/** Why a message is not valid. The text is for logs and contains nothing of the message. */
export interface Refusal {
  readonly reason: string
}

/** The log line about messages with a `Refusal`. */
export const SET_ASIDE = "set aside messages that are not valid events"

/** Longest subject in a log line: a publisher chooses its end. */
const MAX_SUBJECT = 200

/** Names a refused message, for logs. */
export function exampleOf({ seq, subject }: StoredMessage): { readonly seq: number; readonly subject: string } {
  return { seq, subject: subject.slice(0, MAX_SUBJECT) }
}

/** Reads a message of the log of any kind. */
export function readRecord(message: StoredMessage): LogRecord | Refusal {
  return isWorkSubject(message.subject) ? readWork(message) : readEntry(message)
}

/**
 * Reads an event of the log. Other programs publish there too, so everything is validated. It is normalised even with
 * STRICT_EVENTS, because the shown log must not depend on a setting.
 */
export function readEntry(message: StoredMessage): LogEntry | Refusal {
  const shopId = shopOfStoredSubject(message.subject)
  if (shopId === undefined) return { reason: "the subject does not end in a shop ID: a UUID version 4 in lower case" }
  if (message.data.length > MAX_EVENT_BYTES) return { reason: `larger than ${MAX_EVENT_BYTES} bytes` }
  const parsed = LaxEvent.safeParse(parseJson(message.data))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { reason: `${issue?.path.join(".") || "event"}: ${issue?.message}` }
  }
  if (parsed.data.shop_id !== shopId) return { reason: "shop_id is not the subject's shop" }
  // What zod has made is nobody else's, and every event of the log comes by here: a copy, by a spread above all, would take longer.
  const event: ShownEvent = Object.assign(parsed.data, {
    seq: message.seq,
    received_at: message.time.toISOString(),
  })
  if (message.header === undefined) return { shopId, event }
  const shared_session = sharedSessionIn(message.header)
  const place = placeIn(message.header)
  const named = shared_session === undefined ? event : { ...event, shared_session }
  if (place === undefined) return { shopId, event: named }
  return { shopId, event: place.late ? { ...named, late: true } : named, place }
}

function readWork(message: StoredMessage): LogWork | Refusal {
  const shopId = shopOfStoredSubject(message.subject)
  // A message under another shop's partition would be followed but never be read again.
  if (shopId === undefined || message.subject !== workSubject(shopId)) {
    return { reason: "the subject is not that of work on a shop's baskets" }
  }
  if (message.data.length > MAX_EVENT_BYTES) return { reason: `larger than ${MAX_EVENT_BYTES} bytes` }
  const parsed = BasketWork.safeParse(parseJson(message.data))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { reason: `${issue?.path.join(".") || "work on a basket"}: ${issue?.message}` }
  }
  return { shopId, work: { ...parsed.data, seq: message.seq, received_at: message.time.toISOString() } }
}

const decoder = new TextDecoder("utf-8", { fatal: true })

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data))
  } catch {
    return undefined
  }
}
