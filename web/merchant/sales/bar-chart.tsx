import { type PointerEvent, useState } from "react"
import { useTranslation } from "react-i18next"
import { axisEnd, labelled } from "./scale.ts"

/** One place of the axis. */
export interface Bar {
  /** Below the axis, and in the table. */
  readonly label: string
  readonly value: number
  /** Another value: in front of the first one, or the earlier value that it is compared with. */
  readonly other?: number | undefined
  /** Both values as a sentence, shown while the bar is pointed at or chosen by keyboard. */
  readonly said: string
}

/** How the numbers of a chart are written, and what they are. */
export interface Measure {
  readonly name: string
  readonly write: (value: number) => string
  /** Beside the axis; default: `write`. */
  readonly onAxis?: (value: number) => string
}

const MOST_LABELS = 8

/**
 * A bar chart whose values are read by pointing at a bar, by arrow keys, or in a table.
 *
 * @param summary says in a sentence what the chart shows
 * @param compared `line`: the other value is an earlier one, drawn as a line across its bar; `front`: it is a part of the value
 * @param least the axis ends at this or more, so that a single small value does not look like much
 */
export function BarChart({
  title,
  summary,
  bars,
  measure,
  other,
  compared,
  least,
}: {
  title: string
  summary: string
  bars: readonly Bar[]
  measure: Measure
  other?: Measure
  compared: "line" | "front"
  least: number
}) {
  const { t } = useTranslation()
  const [active, setActive] = useState<number>()
  const [tabular, setTabular] = useState(false)
  const end = axisEnd(Math.max(0, ...bars.flatMap(({ value, other: earlier = 0 }) => [value, earlier])), least)
  const labels = labelled(bars.length, MOST_LABELS)
  const share = (value: number): string => `${(value / end) * 100}%`

  const onPointerMove = ({ currentTarget, clientX }: PointerEvent) => {
    const { left, width } = currentTarget.getBoundingClientRect()
    const along = (clientX - left) / width
    const fromStart = getComputedStyle(currentTarget).direction === "rtl" ? 1 - along : along
    setActive(Math.min(bars.length - 1, Math.max(0, Math.floor(fromStart * bars.length))))
  }
  const shown = active === undefined ? undefined : bars[active]
  return (
    <div className="bar-chart">
      <p className="readout" aria-hidden="true">
        {shown?.said ?? summary}
      </p>
      <div className="plot">
        <div className="axis" aria-hidden="true">
          {[end, end / 2, 0].map((value) => (
            <span key={value}>{(measure.onAxis ?? measure.write)(value)}</span>
          ))}
        </div>
        <div className="columns-area" onPointerMove={onPointerMove} onPointerLeave={() => setActive(undefined)}>
          <div role="img" aria-label={summary} className={`columns-of ${compared}`}>
            {bars.map(({ label, value, other: earlier }, i) => (
              <span key={label} className={i === active ? "column active" : "column"}>
                <span className="bar-value" style={{ height: share(value) }} />
                {earlier !== undefined && earlier > 0 && (
                  <span className="bar-other" style={{ height: share(earlier) }} />
                )}
              </span>
            ))}
          </div>
          <input
            type="range"
            className="chart-cursor"
            min={0}
            max={Math.max(0, bars.length - 1)}
            value={active ?? bars.length - 1}
            aria-label={title}
            aria-valuetext={(shown ?? bars.at(-1))?.said}
            onFocus={({ target }) => {
              if (target.matches(":focus-visible")) setActive(active ?? bars.length - 1)
            }}
            onBlur={() => setActive(undefined)}
            onChange={({ target }) => setActive(target.valueAsNumber)}
          />
        </div>
        <div className="labels" aria-hidden="true">
          {labels.map((i) => (
            <span key={bars[i]?.label} style={{ insetInlineStart: `${((i + 0.5) / bars.length) * 100}%` }}>
              {bars[i]?.label}
            </span>
          ))}
        </div>
      </div>
      <div className="chart-foot">
        <details className="as-table" onToggle={({ currentTarget }) => setTabular(currentTarget.open)}>
          <summary>{t("chart.asTable")}</summary>
          {tabular && <Values title={title} bars={bars} measure={measure} other={other} />}
        </details>
        {other !== undefined && bars.some(({ other: shown = 0 }) => shown > 0) && (
          <p className={`legend ${compared}`} aria-hidden="true">
            <span>{measure.name}</span>
            <span>{other.name}</span>
          </p>
        )}
      </div>
    </div>
  )
}

function Values({
  title,
  bars,
  measure,
  other,
}: {
  title: string
  bars: readonly Bar[]
  measure: Measure
  other: Measure | undefined
}) {
  const { t } = useTranslation()
  return (
    <table>
      <caption className="hidden">{title}</caption>
      <thead>
        <tr>
          <th scope="col">{t("chart.when")}</th>
          <th scope="col">{measure.name}</th>
          {other !== undefined && <th scope="col">{other.name}</th>}
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.label}>
            <th scope="row">{bar.label}</th>
            <td>{measure.write(bar.value)}</td>
            {other !== undefined && <td>{bar.other === undefined ? "" : other.write(bar.other)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
