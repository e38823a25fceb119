import type { Stats } from "@shopwire/client"
import { useMemo } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { useToday } from "../locale/use-today.ts"
import { type Bar, BarChart } from "./bar-chart.tsx"

/** The axis ends at this number of events or more. */
const LEAST_EVENTS = 4

/** Events a minute over the last hour, checkouts in front of them. */
export function ActivityChart({ stats }: { stats: Stats | undefined }) {
  const { t } = useTranslation()
  const format = useFormat()
  const today = useToday()
  const minutes = stats?.minutes
  const bars = useMemo(
    (): readonly Bar[] =>
      (minutes ?? []).map(({ at, events, checkouts }) => {
        const label = format.shortClock(at)
        return { label, value: events, other: checkouts, said: t("figures.said", { time: label, events, checkouts }) }
      }),
    [minutes, t, format],
  )
  if (stats === undefined) return <div className="bar-chart skeleton" />
  const events = bars.reduce((sum, { value }) => sum + value, 0)
  const checkouts = bars.reduce((sum, { other = 0 }) => sum + other, 0)
  const busiest = bars.reduce<Bar | undefined>((most, bar) => (bar.value > (most?.value ?? 0) ? bar : most), undefined)
  const since = [format.otherDay(stats.since, today), format.shortClock(stats.since)].filter(Boolean).join(", ")
  return (
    <>
      <BarChart
        title={t("figures.lastHour")}
        summary={
          busiest === undefined
            ? t("figures.chart", { events, checkouts })
            : t("figures.chartWithPeak", { events, checkouts, time: busiest.label, most: busiest.value })
        }
        bars={bars}
        measure={{ name: t("figures.events"), write: (value) => format.count(value) }}
        other={{ name: t("figures.checkouts"), write: (value) => format.count(value) }}
        compared="front"
        least={LEAST_EVENTS}
      />
      <p className="quiet small">{t("figures.eventsSince", { count: stats.events, time: since })}</p>
    </>
  )
}
