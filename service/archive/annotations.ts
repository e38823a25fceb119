import type { Document } from "mongodb"
import { isShopId } from "../schemas/publish-event.ts"
import type { Annotated } from "./annotation-bucket.ts"
import type { Annotations } from "./event-document.ts"

/** Most bytes of one document's annotations, as JSON: with the event or basket, they must fit into one NATS message. */
export const MAX_ANNOTATIONS_BYTES = 64 * 1024

/** What a document of the archive is of; undefined when somebody has changed what says that. */
export function annotatedBy(kind: Annotated["kind"], document: Document): Annotated | undefined {
  const { _id, shop_id, seq, session_id } = document
  if (typeof shop_id !== "string" || !isShopId(shop_id)) return undefined
  if (kind === "basket") return typeof session_id === "string" ? { kind, shop_id, session_id } : undefined
  return typeof _id === "string" && typeof seq === "number" ? { kind, shop_id, seq, _id } : undefined
}

/**
 * Annotations as JSON has them: dates as ISO texts, ObjectIds as hex. An empty object is none.
 *
 * @returns a text instead, without anything of the content, when they can't be shown
 */
export function readAnnotations(given: unknown): Annotations | undefined | string {
  if (given === undefined || given === null) return undefined
  if (typeof given !== "object" || Array.isArray(given)) return "annotations are to be an object"
  const json = JSON.stringify(given)
  if (Buffer.byteLength(json) > MAX_ANNOTATIONS_BYTES)
    return `annotations have more than ${MAX_ANNOTATIONS_BYTES} bytes`
  const annotations: unknown = JSON.parse(json)
  // A BSON type of its own, as an ObjectId is, is an object too.
  if (typeof annotations !== "object" || annotations === null) return "annotations are to be an object"
  return Object.keys(annotations).length === 0 ? undefined : (annotations as Annotations)
}
