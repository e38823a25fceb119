import type { Document } from "mongodb"
import type { Annotations } from "../../contract/annotations.ts"
import { isBasketId, isShopId } from "../../contract/publish-event.ts"
import type { Annotated } from "./annotation-bucket.ts"

/** Most bytes of one document's annotations, as JSON: with the event or basket, they must fit into one NATS message. */
export const MAX_ANNOTATIONS_BYTES = 64 * 1024

/** The event or basket of an archived document, by its `_id`, which nobody can change. Undefined: an archiver did not make it. */
export function annotatedBy(kind: Annotated["kind"], { _id, shop_id }: Document): Annotated | undefined {
  if (kind === "basket") {
    const [shopId = "", session_id = ""] = String(_id).split("/")
    return isShopId(shopId) && isBasketId(session_id) ? { kind, shop_id: shopId, session_id } : undefined
  }
  const seq = Number(/^[0-9a-z]+-(\d+)$/.exec(String(_id))?.[1])
  const isKnown = Number.isSafeInteger(seq) && typeof shop_id === "string" && isShopId(shop_id)
  return isKnown ? { kind, shop_id, seq, _id } : undefined
}

/**
 * Annotations as JSON: dates as ISO texts, ObjectIds as hex. An empty object counts as no annotations.
 *
 * @returns a text that says why they cannot be shown, with nothing of the content
 */
export function readAnnotations(given: unknown): Annotations | undefined | string {
  if (given === undefined || given === null) return undefined
  if (typeof given !== "object" || Array.isArray(given)) return "annotations are not an object"
  const json = JSON.stringify(given)
  if (Buffer.byteLength(json) > MAX_ANNOTATIONS_BYTES)
    return `annotations have more than ${MAX_ANNOTATIONS_BYTES} bytes`
  const annotations: unknown = JSON.parse(json)
  // A BSON type, such as an ObjectId, is an object too.
  if (typeof annotations !== "object" || annotations === null) return "annotations are not an object"
  return Object.keys(annotations).length === 0 ? undefined : (annotations as Annotations)
}
