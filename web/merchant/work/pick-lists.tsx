import type { Basket } from "@shopwire/client"
import { useObservable } from "@shopwire/react"
import { useEffect } from "react"
import { createPortal } from "react-dom"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Said } from "../parts/said.tsx"
import { shopperName } from "../people/shopper-name.tsx"
import { basketLabel } from "./basket-label.ts"
import { groupTitle } from "./group-title.ts"
import { groupsOf, rowsOf } from "./groups.ts"
import { waitingSince } from "./lanes.ts"
import { printing } from "./print-queue.ts"

/** The lists that are being printed, one a page. Screens don't show them. */
export function PickLists({ shopName }: { shopName: string }) {
  const baskets = useObservable(printing)
  useEffect(() => {
    if (baskets.length === 0) return
    const end = () => printing.set([])
    addEventListener("afterprint", end)
    print()
    return () => removeEventListener("afterprint", end)
  }, [baskets])
  if (baskets.length === 0) return null
  return createPortal(
    <div className="pick-lists">
      {rowsOf(baskets, groupsOf(baskets)).flatMap(({ group, baskets: together }) =>
        together.map((basket) => (
          <PickList key={basket.session_id} shopName={shopName} basket={basket} group={group} />
        )),
      )}
    </div>,
    document.body,
  )
}

function PickList({
  shopName,
  basket,
  group,
}: {
  shopName: string
  basket: Basket
  /** The lists of a group that are printed together, one a person. */
  group: readonly Basket[] | undefined
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const lines = basket.lines.toSorted(
    (a, b) => a.category_id.localeCompare(b.category_id) || a.product_name.localeCompare(b.product_name),
  )
  return (
    <article className="pick-list">
      <header>
        <h1>{basketLabel(t, basket)}</h1>
        <p>
          <Said text={shopName} /> · {format.dayAndClock(waitingSince(basket))} ·{" "}
          {t("baskets.items", { count: basket.item_count })} · {format.money(basket.total)}
        </p>
        {group !== undefined && (
          <p className="group-part">
            {groupTitle(t, format, group)}
            <br />
            {t("group.packingList", {
              number: format.count(group.indexOf(basket) + 1),
              of: format.count(group.length),
              name: shopperName(t, basket.shopper_id),
            })}
          </p>
        )}
        {basket.acknowledged_by !== null && (
          <p>
            {t("order.pickedBy")} <Said text={basket.acknowledged_by} />
          </p>
        )}
      </header>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("order.picked")}</th>
            <th scope="col">{t("basket.quantity")}</th>
            <th scope="col">{t("basket.product")}</th>
            <th scope="col">{t("order.place")}</th>
            <th scope="col">{t("order.code")}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.product_id}>
              <td className="box">
                <span aria-hidden="true" />
              </td>
              <td className="quantity">{format.count(line.quantity)}</td>
              <td>
                <Said text={line.product_name} />
              </td>
              <td>
                <Said text={line.category_id} />
              </td>
              <td>
                <Said text={line.UPC} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </article>
  )
}
