import { memo } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"

/** The line above the events of a day. */
export const DaySeparator = memo(function DaySeparator({ day, at, today }: { day: string; at: string; today: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <div className="day-row">
      <time dateTime={day}>{day === today ? t("feed.today", { day: format.day(at) }) : format.day(at)}</time>
    </div>
  )
})
