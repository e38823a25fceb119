import type { GroupStatus, Member } from "@shopwire/client/session"
import { cartLines } from "./cart-lines.ts"
import { productsText } from "./products-text.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

export type Offer = GroupStatus["offers"][number]

/** The offers that wait for this customer's answer. Servers of an earlier release know none. */
export function offersTo(customerId: string | undefined, status: TogetherState["status"]): readonly Offer[] {
  return status?.offers?.filter(({ to }) => to === customerId) ?? []
}

/** Whether a member can answer an offer: not in the shop, and not on an old storefront. */
export function canAnswer({ client }: Pick<Member, "client">): boolean {
  return client !== "app" && client !== "storefront"
}

export function offerText({ type, by, item }: Offer, names: ReadonlyMap<string, string>, say: Say): string {
  // Its link and picture are not shown.
  const [line] = cartLines({ items: [item] }, "")
  const product = type === "add" && line !== undefined ? productsText([line], say) : (line?.name ?? "")
  return say(`offer.${type}`, { name: names.get(by) ?? "", product })
}
