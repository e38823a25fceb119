import { type AgreedChange, identifiedItems } from "@shopwire/client/session"
import { cartLines, pieces } from "./cart-lines.ts"
import type { CartSource } from "./cart-source.ts"

/** Lets the shop's own cart follow what members have agreed on: lines that are new, and lines that are gone. */
export function applyAgreed({ before, after }: AgreedChange, source: Pick<CartSource, "add" | "remove">): void {
  const [had, has] = [before, after].map(identifiedItems)
  const more = (these = has, than = had) => these?.filter(({ id }) => !than?.some((other) => other.id === id)) ?? []
  for (const { item } of more()) source.add?.(item, pieces(cartLines({ items: [item] }, "")))
  for (const { item } of more(had, has)) source.remove?.(item)
}
