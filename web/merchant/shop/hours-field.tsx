import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Icon } from "../parts/icon.tsx"
import { type Hours, isBackwards, type Span, type Weekday, weekdays } from "./profile-draft.ts"

const usualSpan: Span = ["09:00", "18:00"]
/** Added after another span. */
const laterSpan: Span = ["19:00", "22:00"]
const MOST_SPANS = 10

/** Opening hours by day, in the shop's time. */
export function HoursField({ hours, onHours }: { hours: Hours; onHours: (hours: Hours) => void }) {
  const { t } = useTranslation()
  const { locale } = useFormat()
  return (
    <fieldset className="hours">
      <legend>{t("profile.hours")}</legend>
      {weekdays.map((day) => (
        <Day
          key={day}
          name={nameOf(day, locale)}
          spans={hours[day]}
          onSpans={(spans) => onHours({ ...hours, [day]: spans })}
        />
      ))}
    </fieldset>
  )
}

function Day({
  name,
  spans,
  onSpans,
}: {
  name: string
  spans: readonly Span[]
  onSpans: (spans: readonly Span[]) => void
}) {
  const { t } = useTranslation()
  return (
    <div className="day-hours">
      <span>{name}</span>
      <div>
        {spans.length === 0 && <span className="quiet">{t("profile.closed")}</span>}
        {spans.map((span, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: spans have no identity but their place
          <div key={i} className="row">
            <Time
              label={t("profile.opens", { day: name })}
              value={span[0]}
              onValue={(from) => onSpans(spans.with(i, [from, span[1]]))}
            />
            <Time
              label={t("profile.closes", { day: name })}
              value={span[1]}
              onValue={(to) => onSpans(spans.with(i, [span[0], to]))}
            />
            <button
              type="button"
              className="plain"
              aria-label={t("profile.removeHours", { day: name })}
              onClick={() => onSpans(spans.toSpliced(i, 1))}
            >
              <Icon name="close" />
            </button>
            {isBackwards(span) && (
              <span className="wrong" role="alert">
                {t("profile.backwards")}
              </span>
            )}
          </div>
        ))}
      </div>
      <button
        type="button"
        className="plain"
        aria-label={t("profile.addHours", { day: name })}
        title={t("profile.addHours", { day: name })}
        disabled={spans.length >= MOST_SPANS}
        onClick={() => onSpans([...spans, spans.length === 0 ? usualSpan : laterSpan])}
      >
        <Icon name="plus" />
      </button>
    </div>
  )
}

function Time({ label, value, onValue }: { label: string; value: string; onValue: (value: string) => void }) {
  return (
    <input type="time" aria-label={label} required value={value} onChange={({ target }) => onValue(target.value)} />
  )
}

/** The name of a weekday: 1 January 2024 was a Monday. */
function nameOf(day: Weekday, locale: string): string {
  const date = new Date(Date.UTC(2024, 0, 1 + weekdays.indexOf(day)))
  return new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" }).format(date)
}
