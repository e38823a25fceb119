import { useId, useState } from "react"
import { useTranslation } from "react-i18next"
import { Segmented } from "../parts/segmented.tsx"
import { isPossible, MOST_DAYS, type Period, periodOf } from "./period.ts"

/** Chooses the period whose sales are shown. */
export function PeriodChoice({
  period,
  today,
  onPeriod,
}: {
  period: Period
  today: string
  onPeriod: (period: Period) => void
}) {
  const { t } = useTranslation()
  const [choosing, setChoosing] = useState(false)
  const dated = choosing || period.kind === "dates"
  return (
    <div className="period">
      <Segmented
        label={t("period.title")}
        chosen={dated ? "dates" : period.kind}
        onChoose={(kind) => {
          setChoosing(kind === "dates")
          if (kind !== "dates") onPeriod(periodOf(kind, today))
        }}
        segments={[
          { value: "today", label: t("period.today") },
          { value: "7", label: t("period.days", { count: 7 }) },
          { value: "30", label: t("period.days", { count: 30 }) },
          { value: "dates", label: t("period.dates") },
        ]}
      />
      {dated && (
        <DateRange
          key={`${period.from}${period.to}`}
          period={period}
          today={today}
          onPeriod={(next) => {
            setChoosing(false)
            onPeriod(next)
          }}
        />
      )}
    </div>
  )
}

function DateRange({ period, today, onPeriod }: Parameters<typeof PeriodChoice>[0]) {
  const { t } = useTranslation()
  const [dates, setDates] = useState({ from: period.from, to: period.to })
  const hint = useId()
  const possible = isPossible(dates)
  const change = (next: typeof dates) => {
    setDates(next)
    if (next.from !== "" && next.to !== "" && isPossible(next)) onPeriod({ kind: "dates", ...next })
  }
  return (
    <div className="dates">
      {(["from", "to"] as const).map((end) => (
        <label key={end}>
          {t(`period.${end}`)}
          <input
            type="date"
            value={dates[end]}
            max={today}
            aria-describedby={hint}
            onChange={({ target }) => change({ ...dates, [end]: target.value })}
          />
        </label>
      ))}
      <span id={hint} className="wrong" role="status">
        {possible ? "" : t("period.impossible", { count: MOST_DAYS })}
      </span>
    </div>
  )
}
