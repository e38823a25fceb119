import { BSON, type Document, type ObjectId } from "mongodb"
import { LaxEvent } from "../../schemas/lax-event.ts"
import { MAX_EVENT_BYTES, type PublishEvent, ShopId } from "../../schemas/publish-event.ts"
import { sha256 } from "../../sha256.ts"

/** The collection in which other programs put events that are to be published. */
export const INCOMING = "incoming_events"

/** What the archiver notes in a document of `incoming_events`, in the member `shopwire`; without it the document is new. */
export type Progress =
  /** It may be in the log: if so, behind the sequence `after`. */
  | { readonly state: "publishing"; readonly log: string; readonly after: number }
  | { readonly state: "stored"; readonly log: string; readonly seq: number; readonly shopper_id: string }
  | { readonly state: "refused"; readonly reason: string }

/** An event that another program has inserted: the twelve fields, an `_id`, and whatever else it likes. */
export interface IncomingDocument extends Document {
  /** Usually; another program may choose any other kind of value. */
  readonly _id: ObjectId
  readonly shopwire?: Progress
}

/** The event of a document, or why there is none: a text without anything of its content. */
export function readIncoming(document: IncomingDocument): PublishEvent | { readonly reason: string } {
  const parsed = LaxEvent.safeParse(plain(document))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { reason: `${issue?.path.join(".") || "event"}: ${issue?.message}` }
  }
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data))
  return bytes > MAX_EVENT_BYTES ? { reason: `larger than ${MAX_EVENT_BYTES} bytes` } : parsed.data
}

/** Names a document in the log and among the dead letters, whatever its `_id` is, without telling it. */
export function incomingKey({ _id }: IncomingDocument): string {
  return sha256(BSON.EJSON.stringify({ _id })).slice(0, 32)
}

/** The shop that a refused document names, for its dead letter. */
export function shopNamedBy(document: IncomingDocument): string {
  return ShopId.safeParse(plainValue(document.shop_id)).data ?? "unknown"
}

/** A document's JSON, as its dead letter has it. */
export function incomingJson({ _id, shopwire: _, ...fields }: IncomingDocument): string {
  return JSON.stringify(plain(fields))
}

// Programs store times as dates, money as Decimal128, and IDs as binary UUIDs: JSON has texts and numbers for them.
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
