import type { Basket } from "@shopwire/client"
import { useBasket } from "@shopwire/react"
import { Fragment } from "react"
import { useTranslation } from "react-i18next"
import { ActionTag } from "../feed/action-tag.tsx"
import { useFormat } from "../locale/use-format.tsx"
import { Absent } from "../parts/absent.tsx"
import { CopiedId } from "../parts/copied-id.tsx"
import { Dialog } from "../parts/dialog.tsx"
import { Empty } from "../parts/empty.tsx"
import { Icon } from "../parts/icon.tsx"
import { Said } from "../parts/said.tsx"
import { Toasts } from "../parts/toasts.tsx"
import { useNow } from "../parts/use-now.ts"
import { ShopperName } from "../people/shopper-name.tsx"
import { basketLabel } from "./basket-label.ts"
import { BasketWork } from "./basket-work.tsx"
import { GroupHead } from "./group-head.tsx"
import { type Groups, groupOf } from "./groups.ts"
import { isAbandoned, type Thresholds } from "./lanes.ts"
import { printPickLists } from "./print-queue.ts"
import { SentTotal } from "./sent-total.tsx"

/** All details of a basket, live. */
export function BasketDialog({
  shopId,
  sessionId,
  thresholds,
  groups,
  onBasket,
  onFilter,
  onClose,
}: {
  shopId: string
  sessionId: string
  thresholds: Thresholds
  groups: Groups
  onBasket: (sessionId: string) => void
  onFilter: () => void
  onClose: () => void
}) {
  const { t } = useTranslation()
  const basket = useBasket(shopId, sessionId)
  const { data } = basket
  return (
    <Dialog title={data === undefined ? t("basket.basket") : basketLabel(t, data)} side onClose={onClose}>
      {data !== undefined && (
        <>
          <GroupOf basket={data} groups={groups} onBasket={onBasket} />
          <BasketDetail shopId={shopId} basket={data} thresholds={thresholds} />
        </>
      )}
      {basket.status === "loading" && <Empty busy>{t("page.loading")}</Empty>}
      {basket.status === "failed" && data === undefined && <Absent failure={basket.failure} />}
      {basket.status === "stale" && <p className="hint">{t("basket.asLastSeen")}</p>}
      <p className="row">
        <button type="button" onClick={onFilter}>
          {t("basket.showActivity")}
        </button>
        {data !== undefined && (
          <button type="button" onClick={() => printPickLists([data])}>
            <Icon name="print" />
            {t("order.printPickList")}
          </button>
        )}
      </p>
      <Toasts />
    </Dialog>
  )
}

function BasketDetail({ shopId, basket, thresholds }: { shopId: string; basket: Basket; thresholds: Thresholds }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  const status = isAbandoned(basket, thresholds, now) ? "idle" : basket.status
  return (
    <>
      <p className="status-line">
        <span className={`status ${status}`}>{t(`basket.status.${status}`)}</span>
        {basket.checkout_seq !== null && <ShopperName shopperId={basket.shopper_id} />}
        <BasketWork shopId={shopId} basket={basket} />
      </p>
      <table className="lines-table">
        <caption className="hidden">{t("basket.contents")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("basket.product")}</th>
            <th scope="col">{t("basket.quantity")}</th>
            <th scope="col">{t("basket.price")}</th>
            <th scope="col">{t("basket.total")}</th>
          </tr>
        </thead>
        <tbody>
          {basket.lines.map((line) => (
            <tr key={line.product_id}>
              <th scope="row">
                <Said text={line.product_name} />
                <span className="quiet">
                  <Said text={line.category_id} /> · <Said text={line.UPC} />
                </span>
              </th>
              <td>{format.count(line.quantity)}</td>
              <td>{format.money(line.unit_price)}</td>
              <td>{format.money(line.line_total)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("baskets.items", { count: basket.item_count })}</th>
            <td colSpan={3}>{format.money(basket.total)}</td>
          </tr>
        </tfoot>
      </table>
      {basket.basket_total !== basket.total && (
        <p>
          <SentTotal basket={basket} />
        </p>
      )}
      <dl className="facts">
        {Object.entries(basket.annotations ?? {}).map(([name, value]) => (
          <Fragment key={name}>
            <dt>
              <Said text={name} />
            </dt>
            <dd>
              {typeof value === "string" ? (
                <Said text={value} />
              ) : (
                <code>
                  <Said text={JSON.stringify(value)} />
                </code>
              )}
            </dd>
          </Fragment>
        ))}
        <dt>{t("basket.lastActivity")}</dt>
        <dd>
          <ActionTag action={basket.last_action} /> {format.dayAndClock(basket.last_at)}
        </dd>
        <dt>{t("basket.started")}</dt>
        <dd>{format.dayAndClock(basket.first_at)}</dd>
        <dt>{t("basket.events")}</dt>
        <dd>{format.count(basket.events)}</dd>
        <dt>{t("basket.shopper")}</dt>
        <dd>
          <ShopperName shopperId={basket.shopper_id} />
          <CopiedId id={basket.shopper_id} label={t("basket.shopper")} />
        </dd>
        <dt>{t("basket.session")}</dt>
        <dd>
          <CopiedId id={basket.session_id} label={t("basket.session")} />
        </dd>
      </dl>
    </>
  )
}

/** With whom the shopper shops; nothing for a shopper alone. */
function GroupOf({
  basket,
  groups,
  onBasket,
}: {
  basket: Basket
  groups: Groups
  onBasket: (sessionId: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  if (basket.shared_session === undefined) return null
  const group = groupOf(basket, groups)
  if (group === undefined) return <p className="quiet">{t("group.alone")}</p>
  return (
    <section className="group">
      <GroupHead group={group} />
      <ul className="group-members">
        {group.map(({ session_id, shopper_id, status, item_count, total }) => (
          <li key={session_id}>
            <button
              type="button"
              className="plain"
              aria-current={session_id === basket.session_id}
              onClick={() => onBasket(session_id)}
            >
              <ShopperName shopperId={shopper_id} />
            </button>
            <span className="quiet">
              {t(`basket.status.${status}`)} · {t("baskets.items", { count: item_count })}
            </span>
            <span className="sum">{format.money(total)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
