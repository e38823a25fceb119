import type { Day } from "@shopwire/client"
import { useMemo } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { type Bar, BarChart } from "./bar-chart.tsx"
import type { Period } from "./period.ts"
import { hoursOf, type Totals, totalsOf } from "./sales.ts"

/** The axis ends at this amount or more. */
const LEAST_AMOUNT = 10

/** Sales by hour of one day, or by day, with the earlier ones as lines. */
export function SalesChart({
  period,
  days,
  earlier,
}: {
  period: Period
  days: readonly Day[] | undefined
  earlier: readonly Day[] | undefined
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const byHour = period.from === period.to
  const bars = useMemo((): readonly Bar[] => {
    if (days === undefined) return []
    const places: readonly (Totals & { readonly label: string })[] = byHour
      ? days
          .flatMap(hoursOf)
          .map((totals, hour) => ({ ...totals, label: format.timeOfDay(`${String(hour).padStart(2, "0")}:00`) }))
      : days.map((day) => ({ ...totalsOf([day]), label: format.date(day.date) }))
    const before = byHour ? earlier?.flatMap(hoursOf) : earlier?.map((day) => totalsOf([day]))
    return places.map(({ label, sales, orders }, i) => ({
      label,
      value: sales,
      other: before?.[i]?.sales,
      said: t("sales.said", { label, amount: format.money(sales), count: orders }),
    }))
  }, [days, earlier, byHour, t, format])
  if (days === undefined) return <div className="bar-chart skeleton" />
  const totals = totalsOf(days)
  const best = bars.reduce<Bar | undefined>((most, bar) => (bar.value > (most?.value ?? 0) ? bar : most), undefined)
  const amount = format.money(totals.sales)
  return (
    <BarChart
      title={t("sales.chart")}
      summary={
        best === undefined
          ? t("sales.none")
          : t("sales.summary", { amount, best: best.label, most: format.money(best.value) })
      }
      bars={bars}
      measure={{ name: t("sales.sales"), write: (value) => format.money(value), onAxis: (value) => format.axis(value) }}
      other={{
        name: t(period.kind === "today" ? "sales.dayBefore" : "sales.periodBefore"),
        write: (value) => format.money(value),
      }}
      compared="line"
      least={LEAST_AMOUNT}
    />
  )
}
