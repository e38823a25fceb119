import { useConnectionState } from "@shopwire/react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { useToday } from "../locale/use-today.ts"

/** Tells whether the page is up to date. */
export function ConnectionBadge() {
  const state = useConnectionState()
  const { t } = useTranslation()
  const format = useFormat()
  const today = useToday()
  const [tone, text, more] = ((): [string, string, string] => {
    switch (state.kind) {
      case "connecting":
        return ["wait", t("connection.connecting"), ""]
      case "live":
        return ["good", t("connection.live"), ""]
      case "reconnecting":
        return ["wait", t("connection.reconnecting"), t("connection.asOf", { time: format.time(state.since, today) })]
      case "unanswered":
        return ["bad", t("connection.notUpdating"), t("connection.since", { time: format.time(state.since, today) })]
    }
  })()
  return (
    <p className={`badge ${tone}`} role="status">
      <span className="dot" aria-hidden="true" />
      <span>{text}</span>
      {more !== "" && <span className="quiet">{more}</span>}
    </p>
  )
}
