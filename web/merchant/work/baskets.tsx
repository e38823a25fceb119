import { type Basket, LIST_LIMIT } from "@shopwire/client"
import { memo, useRef, useState } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Absent } from "../parts/absent.tsx"
import { Empty } from "../parts/empty.tsx"
import { Icon } from "../parts/icon.tsx"
import { type Kept, useLocal } from "../parts/local.ts"
import { BasketRows } from "./basket-rows.tsx"
import { LaneSkeleton } from "./lane-skeleton.tsx"
import { countDone, type LaneName, laneNames, type Sorting, sorted, sortings } from "./lanes.ts"
import { printPickLists } from "./print-queue.ts"
import { steadyOrder } from "./steady-order.ts"
import type { Lanes } from "./use-lanes.ts"

const keptSorting: Kept<Sorting> = {
  name: "sorting",
  read: (found) => sortings.find((sorting) => sorting === found) ?? "newest",
}

/** The orders and baskets to work on, one lane at a time. */
export const Baskets = memo(function Baskets({
  shopId,
  lanes,
  open,
  unfinished,
  lane,
  onLane,
  onBasket,
}: {
  shopId: string
  lanes: Lanes
  /** The number of open baskets; the list has only the latest. */
  open: number
  /** How many of them the staff is not done with. */
  unfinished: number
  lane: LaneName
  onLane: (lane: LaneName) => void
  onBasket: (sessionId: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const [sorting, setSorting] = useLocal(keptSorting)
  const [showsDone, setShowsDone] = useState(false)
  const all = lanes.lanes[lane]
  const done = countDone(all)
  const shown = sorted(showsDone ? all : all.filter(({ done_by }) => done_by === null), sorting)
  return (
    <section className="baskets card" aria-labelledby="baskets-title">
      <header className="bar">
        <h2 id="baskets-title">{t("baskets.title")}</h2>
        {lanes.open !== undefined && (
          <span className="count" title={t("baskets.open")}>
            {format.count(unfinished)}
          </span>
        )}
        <select
          className="sorting"
          aria-label={t("lanes.sort")}
          value={sorting}
          onChange={({ target }) => setSorting(sortings.find((each) => each === target.value) ?? sorting)}
        >
          {sortings.map((each) => (
            <option key={each} value={each}>
              {t(`lanes.sorting.${each}`)}
            </option>
          ))}
        </select>
      </header>
      <nav className="lane-choice" aria-label={t("lanes.title")}>
        {laneNames.map((name) => (
          <button key={name} type="button" aria-current={name === lane} onClick={() => onLane(name)}>
            {t(`lanes.name.${name}`)}
            <span className="lane-count">
              {lanes.isLoading ? "–" : format.count(lanes.lanes[name].length - countDone(lanes.lanes[name]))}
            </span>
          </button>
        ))}
      </nav>
      <LaneList
        key={lane}
        shopId={shopId}
        lanes={lanes}
        baskets={shown}
        lane={lane}
        open={lane === "active" ? open : 0}
        onBasket={onBasket}
      />
      {(done > 0 || (lane === "orders" && shown.length > 0)) && (
        <footer className="lane-foot">
          {done > 0 && (
            <button type="button" aria-pressed={showsDone} onClick={() => setShowsDone(!showsDone)}>
              {showsDone ? t("lanes.hideDone") : t("lanes.showDone", { count: done })}
            </button>
          )}
          {lane === "orders" && shown.length > 0 && (
            <button type="button" onClick={() => printPickLists(shown.filter(({ done_by }) => done_by === null))}>
              <Icon name="print" />
              {t("order.printAll")}
            </button>
          )}
        </footer>
      )}
    </section>
  )
})

function LaneList({
  shopId,
  lanes: { isLoading, failure, thresholds, groups, open: listed },
  baskets,
  lane,
  open,
  onBasket,
}: {
  shopId: string
  lanes: Lanes
  baskets: readonly Basket[]
  lane: LaneName
  open: number
  onBasket: (sessionId: string) => void
}) {
  const { t } = useTranslation()
  const [isHeld, setHeld] = useState(false)
  const order = useRef<readonly string[]>([])
  const shown = isHeld ? steadyOrder(order.current, baskets, ({ session_id }) => session_id) : baskets
  order.current = shown.map(({ session_id }) => session_id)
  if (failure !== undefined) return <Absent failure={failure} />
  if (isLoading) return <LaneSkeleton />
  const most = listed?.length ?? 0
  return shown.length === 0 ? (
    <Empty icon="basket">{t(`lanes.empty.${lane}`)}</Empty>
  ) : (
    <ul
      className="basket-list"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: people without a mouse must be able to scroll it
      tabIndex={0}
      aria-labelledby="baskets-title"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <BasketRows baskets={shown} groups={groups} shopId={shopId} thresholds={thresholds} onBasket={onBasket} />
      {open > most && most >= LIST_LIMIT && <li className="end">{t("baskets.latest", { shown: most, open })}</li>}
    </ul>
  )
}
