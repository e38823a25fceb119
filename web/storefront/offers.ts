import type { GroupStatus } from "@shopwire/client/session"
import { cartLines } from "./cart-lines.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

export type Offer = GroupStatus["offers"][number]

/** The offers that wait for this customer's answer. Servers of an earlier release know none. */
export function offersTo(customerId: string | undefined, status: TogetherState["status"]): readonly Offer[] {
  return status?.offers?.filter(({ to }) => to === customerId) ?? []
}

export function offerText({ type, by, item }: Offer, names: ReadonlyMap<string, string>, say: Say): string {
  // Its link and picture are not shown.
  const [line] = cartLines({ items: [item] }, "")
  return say(`offer.${type}`, { name: names.get(by) ?? "", product: line?.name ?? "" })
}
