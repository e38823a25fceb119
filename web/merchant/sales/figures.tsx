import type { Day, Stats, Watched } from "@shopwire/client"
import { useDays, useProfile } from "@shopwire/react"
import { memo, useState } from "react"
import { useTranslation } from "react-i18next"
import { goTo, setAddress, usePlace } from "../address.ts"
import { useToday } from "../locale/use-today.ts"
import { Absent } from "../parts/absent.tsx"
import { Segmented } from "../parts/segmented.tsx"
import { ActivityChart } from "./activity-chart.tsx"
import { type Dates, datesBefore, daysLater, lengthOf, MOST_DAYS, type Period, periodOf, textOf } from "./period.ts"
import { PeriodChoice } from "./period-choice.tsx"
import { SalesChart } from "./sales-chart.tsx"
import { SalesTiles } from "./sales-tiles.tsx"
import { TopProducts } from "./top-products.tsx"

const A_WEEK = 7

/** The shop's sales, live: what was sold in a period, and how it compares. */
export const Figures = memo(function Figures({ shopId, stats }: { shopId: string; stats: Watched<Stats> }) {
  const { t } = useTranslation()
  const { period: text } = usePlace()
  const timeZone = useProfile(shopId).data?.time_zone
  const today = useToday(timeZone)
  const period = periodOf(text, today)
  const found = useDays(shopId, asked(period))
  const days = found.data
  const [chart, setChart] = useState<"sales" | "activity">("sales")
  const shown = days?.filter(({ date }) => period.from <= date && date <= period.to)
  const earlier = days === undefined ? undefined : daysOf(days, datesBefore(period))
  return (
    <section className="figures" aria-label={t("sales.title")}>
      <div className="sales card" aria-busy={days === undefined}>
        <header className="figures-head">
          <h2>{t("sales.title")}</h2>
          <PeriodChoice period={period} today={today} onPeriod={(next) => show(period, next)} />
        </header>
        {days === undefined && found.failure !== undefined ? (
          <Absent failure={found.failure} />
        ) : (
          <SalesTiles
            period={period}
            days={shown}
            earlier={earlier}
            lastWeek={days?.find(({ date }) => date === daysLater(period.to, -A_WEEK))}
            stats={stats.data}
          />
        )}
      </div>
      <div className="chart card">
        <header className="figures-head">
          <h2>{t(chart === "sales" ? "sales.chart" : "figures.lastHour")}</h2>
          <Segmented
            label={t("chart.shows")}
            chosen={chart}
            onChoose={setChart}
            segments={[
              { value: "sales", label: t("sales.title") },
              { value: "activity", label: t("shop.activity") },
            ]}
          />
        </header>
        {chart === "sales" ? (
          <SalesChart period={period} days={shown} earlier={earlier} />
        ) : (
          <ActivityChart stats={stats.data} />
        )}
      </div>
      <TopProducts days={shown} />
    </section>
  )
})

/** Back leads to the earlier period; other dates replace each other. */
function show(shown: Period, next: Period): void {
  const change = shown.kind === "dates" && next.kind === "dates" ? setAddress : goTo
  change({ period: textOf(next) })
}

/** The days that are asked for: the period, and what it is compared with as far as that is possible. */
function asked(period: Period): Dates {
  if (period.kind === "today") return { from: daysLater(period.to, -A_WEEK), to: period.to }
  return lengthOf(period) * 2 > MOST_DAYS ? period : { from: datesBefore(period).from, to: period.to }
}

/** The days of these dates; undefined if some were not asked for. */
function daysOf(days: readonly Day[], dates: Dates): readonly Day[] | undefined {
  const found = days.filter(({ date }) => dates.from <= date && date <= dates.to)
  return found.length === lengthOf(dates) ? found : undefined
}
