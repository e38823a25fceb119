import { isRefused } from "@shopwire/client"
import { useDigest } from "@shopwire/react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { useToday } from "../locale/use-today.ts"
import { Hint } from "../parts/hint.tsx"
import { Icon } from "../parts/icon.tsx"

/** Up to which event and time the page was found right, and what was corrected. It is quiet, because nobody has to do anything. */
export function Truth({ shopId }: { shopId: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const today = useToday()
  const { digest, differences } = useDigest(shopId)
  const { data, failure } = digest
  if (data === undefined || (failure !== undefined && isRefused(failure))) return null
  const { count, last } = differences
  const details = [
    t("truth.checked"),
    t("truth.asOf", { seq: data.seq, time: format.time(data.at, today) }),
    ...(last === undefined
      ? [t("truth.neverWrong")]
      : [t("truth.corrected", { count, time: format.time(last.at, today) })]),
  ]
  return (
    <span className="truth quiet">
      <Hint details={details}>
        <Icon name="check" />
        <span className="label">{t("connection.asOf", { time: format.clock(data.at) })}</span>
      </Hint>
      {last !== undefined && (
        <span className="label">{t("truth.corrected", { count, time: format.time(last.at, today) })}</span>
      )}
    </span>
  )
}
