import { BSON, type Document, type ObjectId } from "mongodb"
import { LaxEvent } from "../../../contract/lax-event.ts"
import { MAX_EVENT_BYTES } from "../../../contract/limits.ts"
import { type PublishEvent, ShopId, ShopperId } from "../../../contract/publish-event.ts"
import { sha256 } from "../../sha256.ts"

/** The collection in which other programs put events to publish. */
export const INCOMING = "incoming_events"

/** Largest document that is copied into its dead letter, in bytes of JSON: a NATS message has at most 1 MiB. */
export const MAX_LETTER_BYTES = 256 * 1024

/**
 * The archiver's note in a document of `incoming_events`, the member `shopwire`; without it the document is new. It contains the shopper's
 * ID, if known, in our spelling, so that an erasure finds the document.
 */
export type Progress = { readonly shopper_id?: string } & (
  | /** The event may be in the log: if so, its sequence is greater than `after`. */ {
      readonly state: "publishing"
      readonly log: string
      readonly after: number
    }
  | { readonly state: "stored"; readonly log: string; readonly seq: number }
  | { readonly state: "refused"; readonly reason: string }
)

/** An event that another program has inserted: the twelve fields, an `_id`, and any others. */
export interface IncomingDocument extends Document {
  /** Usually an ObjectId, but another program may choose any kind of value. */
  readonly _id: ObjectId
  readonly shopwire?: Progress
}

/** The event of a document, or why it is not valid: a text with nothing of the content. */
export function readIncoming(document: IncomingDocument): PublishEvent | { readonly reason: string } {
  const parsed = LaxEvent.safeParse(plain(document))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { reason: `${issue?.path.join(".") || "event"}: ${issue?.message}` }
  }
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data))
  return bytes > MAX_EVENT_BYTES ? { reason: `larger than ${MAX_EVENT_BYTES} bytes` } : parsed.data
}

/**
 * Names a document in the log and among the dead letters, for any kind of `_id`, which cannot be read back. Canonical EJSON keeps 64-bit
 * integers apart that are the same JavaScript number.
 */
export function incomingKey({ _id }: Pick<IncomingDocument, "_id">): string {
  return sha256(BSON.EJSON.stringify({ _id }, { relaxed: false })).slice(0, 32)
}

/** The shop that a document names; "unknown" when it names none. */
export function shopNamedBy(document: IncomingDocument): string {
  return ShopId.safeParse(plainValue(document.shop_id)).data ?? "unknown"
}

/** The shopper that a document names, for a note. */
export function shopperNamedBy(document: IncomingDocument): Pick<Progress, "shopper_id"> {
  const shopper_id = ShopperId.safeParse(plainValue(document.shopper_id)).data
  return shopper_id === undefined ? {} : { shopper_id }
}

/** The usual ways in which another program may have written a shopper's ID. */
export function spellingsOf(shopperId: string): (string | BSON.UUID)[] {
  const texts = [shopperId, shopperId.replaceAll("-", "")]
  return [...texts, ...texts.map((text) => text.toUpperCase()), new BSON.UUID(shopperId)]
}

/** A document's JSON for its dead letter; only the size of a document that is too large. */
export function incomingJson({ _id, shopwire: _, ...fields }: IncomingDocument): string {
  const json = JSON.stringify(plain(fields))
  const bytes = Buffer.byteLength(json)
  return bytes > MAX_LETTER_BYTES ? JSON.stringify({ omitted_bytes: bytes }) : json
}

// Programs store times as dates, money as Decimal128, and IDs as binary UUIDs. As JSON these are texts and numbers.
function plain(document: Document): Document {
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, plainValue(value)]))
}

function plainValue(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (value instanceof BSON.Decimal128) return Number(value.toString())
  if (value instanceof BSON.Long) return value.toNumber()
  if (value instanceof BSON.Binary && value.sub_type === BSON.Binary.SUBTYPE_UUID) return value.toUUID().toString()
  return value
}
