import type { Basket } from "@shopwire/client"
import { BasketCard } from "./basket-card.tsx"
import { GroupHead } from "./group-head.tsx"
import { type Groups, rowsOf } from "./groups.ts"
import type { Thresholds } from "./lanes.ts"

/** The items of a list of baskets; friends who shop together are one item. */
export function BasketRows({
  baskets,
  groups,
  ...card
}: {
  baskets: readonly Basket[]
  groups: Groups
  shopId: string
  thresholds: Thresholds
  mostLines?: number
  onBasket: (sessionId: string) => void
}) {
  return rowsOf(baskets, groups).map(({ key, group, baskets: together }) => {
    const cards = together.map((basket) => <BasketCard key={basket.session_id} basket={basket} {...card} />)
    if (group === undefined) return cards
    return (
      <li key={key} className="group">
        <GroupHead group={group} />
        <ul>{cards}</ul>
      </li>
    )
  })
}
