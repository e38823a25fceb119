import type { Minute } from "@shopwire/client"
import { useEffect, useMemo, useRef } from "react"
import { useTranslation } from "react-i18next"
import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import type { Format } from "./format.ts"
import type { Texts } from "./texts.ts"
import { useTheme } from "./theme.tsx"
import { useFormat } from "./use-format.tsx"
import { useMedia } from "./use-media.ts"

const HEIGHT = 150
const HALF_MINUTE_S = 30

/** Events a minute over the last hour, checkouts in front of them. */
export function HourChart({ minutes }: { minutes: readonly Minute[] }) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | undefined>(undefined)
  const { t } = useTranslation()
  const format = useFormat()
  const [theme] = useTheme()
  const dark = useMedia("(prefers-color-scheme: dark)")
  const data = useMemo(
    (): uPlot.AlignedData => [
      minutes.map(({ at }) => Date.parse(at) / 1000),
      minutes.map(({ events }) => events),
      minutes.map(({ checkouts }) => checkouts),
    ],
    [minutes],
  )
  const latest = useRef(data)
  latest.current = data

  // Its colours are read once, from the current style.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme or language makes another chart
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const width = () => Math.max(element.clientWidth, 100)
    const made = new uPlot(options(getComputedStyle(element), width(), format), latest.current, element)
    chart.current = made
    const sizes = new ResizeObserver(() => made.setSize({ width: width(), height: HEIGHT }))
    sizes.observe(element)
    return () => {
      sizes.disconnect()
      made.destroy()
      chart.current = undefined
    }
  }, [theme, dark, format])

  useEffect(() => chart.current?.setData(data), [data])

  return <div ref={box} className="hour-chart" role="img" aria-label={summary(minutes, t, format)} />
}

function summary(minutes: readonly Minute[], t: Texts, format: Format): string {
  const events = minutes.reduce((sum, minute) => sum + minute.events, 0)
  const checkouts = minutes.reduce((sum, minute) => sum + minute.checkouts, 0)
  const busiest = minutes.reduce((most, minute) => (minute.events > most.events ? minute : most), { events: 0, at: "" })
  if (busiest.events === 0) return t("figures.chart", { events, checkouts })
  return t("figures.chartWithPeak", { events, checkouts, time: format.shortClock(busiest.at), most: busiest.events })
}

function options(style: CSSStyleDeclaration, width: number, format: Format): uPlot.Options {
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis = {
    stroke: style.color,
    font: `11px ${style.fontFamily}`,
    grid: { stroke: colour("--chart-grid"), width: 1 },
    ticks: { show: false },
  }
  const bars = uPlot.paths.bars?.({ size: [0.7, 10], radius: 0.2 })
  const series = (label: string, fill: string): uPlot.Series => ({
    label,
    fill,
    stroke: fill,
    width: 0,
    points: { show: false },
    ...(bars === undefined ? {} : { paths: bars }),
  })
  return {
    width,
    height: HEIGHT,
    // The last label is centred at its bar, so half of it is beyond the chart.
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    // Room for the whole of the first and the last bar.
    scales: {
      x: { range: (_chart, first, last) => [first - HALF_MINUTE_S, last + HALF_MINUTE_S] },
      y: { range: (_chart, _least, most) => [0, Math.max(4, most * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 22,
        grid: { show: false },
        values: (_chart, times) => times.map((time) => format.shortClock(new Date(time * 1000))),
        space: 70,
      },
      { ...axis, size: 34, space: 34 },
    ],
    series: [{}, series("Events", colour("--chart-bar")), series("Checkouts", colour("--chart-accent"))],
  }
}
