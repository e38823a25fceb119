import type { Stats, Watched } from "@shopwire/client"
import { useTranslation } from "react-i18next"
import { Absent } from "./absent.tsx"
import { Empty } from "./empty.tsx"
import { loadedPart, PartNotLoaded } from "./loaded-part.tsx"
import { Said } from "./said.tsx"
import { useFormat } from "./use-format.tsx"
import { useToday } from "./use-today.ts"

const HourChart = loadedPart(() => import("./hour-chart.tsx").then((module) => module.HourChart), {
  Waiting: () => <div className="hour-chart" />,
  Failed: PartNotLoaded,
})

/** Number of top products. */
const TOP = 5

/** The shop's figures. */
export function Figures({ stats }: { stats: Watched<Stats> }) {
  const { t } = useTranslation()
  return (
    <section className="figures" aria-label={t("figures.title")}>
      {stats.data === undefined ? (
        <div className="card">
          {stats.status === "loading" ? <Empty busy>{t("page.loading")}</Empty> : <Absent failure={stats.failure} />}
        </div>
      ) : (
        <Counted stats={stats.data} />
      )}
    </section>
  )
}

function Counted({ stats }: { stats: Stats }) {
  const { t } = useTranslation()
  const format = useFormat()
  const since = [format.otherDay(stats.since, useToday()), format.shortClock(stats.since)].filter(Boolean).join(", ")
  const top = stats.top_products.slice(0, TOP)
  const most = Math.max(1, ...top.map(({ added }) => added))
  return (
    <>
      <dl className="tiles card">
        <Tile
          label={t("figures.openBaskets")}
          value={format.count(stats.baskets_open)}
          more={format.money(stats.value_open)}
        />
        <Tile
          label={t("figures.checkedOut")}
          value={format.count(stats.baskets_checked_out)}
          more={format.money(stats.value_checked_out)}
        />
        <Tile
          label={t("figures.events")}
          value={format.count(stats.events)}
          more={t("figures.since", { time: since })}
        />
        <Tile
          label={t("figures.lastMinute")}
          value={format.count(stats.events_last_minute)}
          more={t("figures.eventsUnit")}
        />
      </dl>
      <div className="chart card">
        <h2>{t("figures.lastHour")}</h2>
        <p className="legend quiet" aria-hidden="true">
          <span className="key events" /> {t("figures.eventsAMinute")} <span className="key checkouts" />{" "}
          {t("figures.checkouts")}
        </p>
        <HourChart minutes={stats.minutes} />
      </div>
      <div className="top card">
        <h2>{t("figures.topProducts")}</h2>
        {top.length === 0 ? (
          <p className="quiet">{t("figures.nothingYet")}</p>
        ) : (
          <ol>
            {top.map(({ product_id, product_name, added }) => (
              <li key={product_id}>
                <span className="name">
                  <Said text={product_name} />
                </span>
                <span>{format.count(added)}</span>
                <span className="share" style={{ width: `${(added / most) * 100}%` }} aria-hidden="true" />
              </li>
            ))}
          </ol>
        )}
      </div>
    </>
  )
}

function Tile({ label, value, more }: { label: string; value: string; more: string }) {
  return (
    <div className="tile">
      <dt>{label}</dt>
      <dd>
        <span className="value">{value}</span> <span className="quiet">{more}</span>
      </dd>
    </div>
  )
}
