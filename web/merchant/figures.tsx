import type { Stats, Watched } from "@shopwire/client"
import { Absent } from "./absent.tsx"
import { Empty } from "./empty.tsx"
import { asCount, asMoney, asOtherDay, asShortClock } from "./format.ts"
import { HourChart } from "./hour-chart.tsx"
import { Said } from "./said.tsx"
import { useToday } from "./use-today.ts"

/** Number of top products. */
const TOP = 5

/** The shop's figures. */
export function Figures({ stats }: { stats: Watched<Stats> }) {
  return (
    <section className="figures" aria-label="Figures">
      {stats.data === undefined ? (
        <div className="card">
          {stats.status === "loading" ? <Empty busy>Counting …</Empty> : <Absent failure={stats.failure} />}
        </div>
      ) : (
        <Counted stats={stats.data} />
      )}
    </section>
  )
}

function Counted({ stats }: { stats: Stats }) {
  const since = [asOtherDay(stats.since, useToday()), asShortClock(stats.since)].filter(Boolean).join(", ")
  const top = stats.top_products.slice(0, TOP)
  const most = Math.max(1, ...top.map(({ added }) => added))
  return (
    <>
      <dl className="tiles card">
        <Tile label="Open baskets" value={asCount(stats.baskets_open)} more={asMoney(stats.value_open)} />
        <Tile label="Checked out" value={asCount(stats.baskets_checked_out)} more={asMoney(stats.value_checked_out)} />
        <Tile label="Events" value={asCount(stats.events)} more={`since ${since}`} />
        <Tile label="Last minute" value={asCount(stats.events_last_minute)} more="events" />
      </dl>
      <div className="chart card">
        <h2>Last hour</h2>
        <p className="legend quiet" aria-hidden="true">
          <span className="key events" /> events a minute <span className="key checkouts" /> checkouts
        </p>
        <HourChart minutes={stats.minutes} />
      </div>
      <div className="top card">
        <h2>Top products</h2>
        {top.length === 0 ? (
          <p className="quiet">Nothing yet.</p>
        ) : (
          <ol>
            {top.map(({ product_id, product_name, added }) => (
              <li key={product_id}>
                <span className="name">
                  <Said text={product_name} />
                </span>
                <span>{asCount(added)}</span>
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
