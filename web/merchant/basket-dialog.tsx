import type { Basket } from "@shopwire/client"
import { useBasket } from "@shopwire/react"
import { Fragment } from "react"
import { Absent } from "./absent.tsx"
import { Acknowledge } from "./acknowledge.tsx"
import { ActionTag } from "./action-tag.tsx"
import { SentTotal } from "./baskets.tsx"
import { Dialog } from "./dialog.tsx"
import { Empty } from "./empty.tsx"
import { asCount, asDayAndClock, asItems, asMoney, basketName } from "./format.ts"
import { Said } from "./said.tsx"

const statuses: Readonly<Record<Basket["status"], string>> = {
  open: "Open",
  checked_out: "Checked out",
  idle: "Left alone",
}

/** All details of a basket, live. */
export function BasketDialog({
  shopId,
  sessionId,
  onFilter,
  onClose,
}: {
  shopId: string
  sessionId: string
  onFilter: (sessionId: string) => void
  onClose: () => void
}) {
  const basket = useBasket(shopId, sessionId)
  return (
    <Dialog title={`Basket ${basketName(sessionId)}`} side onClose={onClose}>
      {basket.data !== undefined && <BasketDetail shopId={shopId} basket={basket.data} />}
      {basket.status === "loading" && <Empty busy>Loading the basket …</Empty>}
      {basket.status === "failed" && basket.data === undefined && <Absent failure={basket.failure} />}
      {basket.status === "stale" && <p className="hint">As it was last seen.</p>}
      <p>
        <button type="button" onClick={() => onFilter(sessionId)}>
          Show its events
        </button>
      </p>
    </Dialog>
  )
}

function BasketDetail({ shopId, basket }: { shopId: string; basket: Basket }) {
  return (
    <>
      <p className="status-line">
        <span className={`status ${basket.status}`}>{statuses[basket.status]}</span>
        <Acknowledge shopId={shopId} basket={basket} />
      </p>
      <table className="lines-table">
        <caption className="hidden">Contents</caption>
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col">Quantity</th>
            <th scope="col">Each</th>
            <th scope="col">Sum</th>
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
              <td>{asCount(line.quantity)}</td>
              <td>{asMoney(line.unit_price)}</td>
              <td>{asMoney(line.line_total)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{asItems(basket.item_count)}</th>
            <td colSpan={3}>{asMoney(basket.total)}</td>
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
        <dt>Last</dt>
        <dd>
          <ActionTag action={basket.last_action} /> {asDayAndClock(basket.last_at)}
        </dd>
        <dt>First</dt>
        <dd>{asDayAndClock(basket.first_at)}</dd>
        <dt>Events</dt>
        <dd>{asCount(basket.events)}</dd>
        <dt>Shopper</dt>
        <dd>
          <code>{basket.shopper_id}</code>
        </dd>
        <dt>Session</dt>
        <dd>
          <code>{basket.session_id}</code>
        </dd>
      </dl>
    </>
  )
}
