import { type IdentifiedItem, identifiedItems } from "../../contract/line-ids.ts"
import { known } from "./known.ts"

/** A line of a cart. */
export type Line = IdentifiedItem

const lines = new WeakMap<object, readonly Line[]>()

/** The lines of a cart. */
export function linesOf(content: object): readonly Line[] {
  return known(lines, content, () => identifiedItems(content))
}
