import type { Day, Stats } from "@shopwire/client"
import type { ReactNode } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { useToday } from "../locale/use-today.ts"
import { clockKey } from "../locale/zone-time.ts"
import { Comparison, Growth } from "../parts/growth.tsx"
import { Hint } from "../parts/hint.tsx"
import { useNow } from "../parts/use-now.ts"
import { lengthOf, type Period } from "./period.ts"
import { sliceStart, type Totals, totalsBefore, totalsOf } from "./sales.ts"

/** The sales of a period in numbers; empty places of the same size while they are loaded. */
export function SalesTiles({
  period,
  days,
  earlier,
  lastWeek,
  stats,
}: {
  period: Period
  days: readonly Day[] | undefined
  /** The same number of days before; undefined if they can't be compared, or are loaded. */
  earlier: readonly Day[] | undefined
  /** The same weekday a week before. */
  lastWeek: Day | undefined
  stats: Stats | undefined
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const totals = days === undefined ? undefined : totalsOf(days)
  const details = useDetails(days)
  const comparisons = useComparisons(period, earlier, lastWeek)
  const written = (write: (value: NonNullable<typeof totals>) => string): string | undefined =>
    totals === undefined ? undefined : write(totals)
  return (
    <dl className="tiles">
      <Tile
        wide
        label={t("sales.sales")}
        details={details}
        value={written(({ sales }) => format.money(sales))}
        more={comparisons.map(({ key, earlier: sold, name }) => (
          <Comparison key={key} now={totals?.sales} before={sold?.sales} name={name} />
        ))}
      />
      <Tile
        label={t("sales.orders")}
        details={details}
        value={written(({ orders }) => format.count(orders))}
        more={comparisons
          .slice(0, 1)
          .map(({ key, earlier: sold }) => <Growth key={key} now={totals?.orders} before={sold?.orders} />)}
      />
      <Tile
        label={t("sales.average")}
        details={[t("sales.averageHow"), ...details]}
        value={written(({ sales, orders }) => (orders === 0 ? "–" : format.average(sales / orders)))}
      />
      <Tile
        label={t("sales.conversion")}
        details={[t("sales.conversionHow"), ...details]}
        value={written(({ orders, baskets }) => (baskets === 0 ? "–" : format.percent(orders / baskets)))}
        more={written(({ baskets }) => t("sales.ofBaskets", { count: baskets }))}
      />
      <Tile
        label={t("sales.abandoned")}
        details={[t("sales.abandonedHow"), ...details]}
        value={written(({ abandoned }) => format.count(abandoned))}
        more={written(({ abandonedValue }) => format.money(abandonedValue))}
      />
      <Tile
        label={t("figures.openBaskets")}
        details={stats === undefined ? [] : [t("truth.now")]}
        value={stats === undefined ? undefined : format.count(stats.baskets_open)}
        more={stats === undefined ? undefined : format.money(stats.value_open)}
      />
    </dl>
  )
}

/** As of when the figures are, and since when they count. */
function useDetails(days: readonly Day[] | undefined): readonly string[] {
  const { t } = useTranslation()
  const format = useFormat()
  const today = useToday()
  const [first, last] = [days?.[0], days?.at(-1)]
  if (days === undefined || first === undefined || last === undefined) return []
  const seq = Math.max(...days.map((day) => day.seq))
  const asOf = days.map(({ as_of }) => as_of).reduce((latest, each) => (each > latest ? each : latest))
  return [
    t("truth.since", { time: format.dayAndShortClock(first.starts_at) }),
    seq === 0 ? t("truth.nothing") : t("truth.asOf", { seq, time: format.time(asOf, today) }),
    t("truth.zone", { zone: last.time_zone.replaceAll("_", " ") }),
  ]
}

interface Compared {
  readonly key: string
  readonly earlier: Totals | undefined
  readonly name: string
}

/** What the sales are compared with. Of today only as much of an earlier day as today has had: the time is that of complete slices. */
function useComparisons(
  period: Period,
  earlier: readonly Day[] | undefined,
  lastWeek: Day | undefined,
): readonly Compared[] {
  const { t } = useTranslation()
  const format = useFormat()
  const now = new Date(useNow())
  const zone = lastWeek?.time_zone
  if (period.kind !== "today") {
    const count = lengthOf(period)
    return [
      {
        key: "before",
        earlier: earlier === undefined ? undefined : totalsOf(earlier),
        name: t("sales.daysBefore", { count }),
      },
    ]
  }
  const time = sliceStart(clockKey(now, zone))
  const shown = format.timeOfDay(time)
  const soldBy = (day: Day | undefined): Totals | undefined => (day === undefined ? undefined : totalsBefore(day, time))
  const weekday = lastWeek === undefined ? "" : format.weekday(lastWeek.date)
  return [
    { key: "yesterday", earlier: soldBy(earlier?.[0]), name: t("sales.yesterday", { time: shown }) },
    { key: "week", earlier: soldBy(lastWeek), name: t("sales.lastWeek", { day: weekday, time: shown }) },
  ]
}

function Tile({
  label,
  value,
  more,
  details,
  wide = false,
}: {
  label: string
  /** Undefined while it is loaded. */
  value: string | undefined
  more?: ReactNode
  details: readonly string[]
  wide?: boolean
}) {
  return (
    <div className={wide ? "tile wide" : "tile"}>
      <dt>
        <Hint details={details}>{label}</Hint>
      </dt>
      <dd>
        <span className={value === undefined ? "value skeleton" : "value"}>{value ?? " "}</span>{" "}
        <span className="quiet">{more ?? " "}</span>
      </dd>
    </div>
  )
}
