import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Icon } from "../parts/icon.tsx"
import { NARROW, useMedia } from "../parts/use-media.ts"
import type { Alert } from "./alert-rules.ts"
import { alertText } from "./alert-text.ts"

/** Alerts that are shown at once. */
const MOST_SHOWN = 3
/** On a phone, where each one covers a part of the list. */
const MOST_SHOWN_NARROW = 1

/** The alerts that nobody has dismissed; read out by screen readers. */
export function UnseenAlerts({
  alerts,
  onOpen,
  onDismiss,
}: {
  alerts: readonly Alert[]
  onOpen: (alert: Alert) => void
  onDismiss: (key: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const most = useMedia(NARROW) ? MOST_SHOWN_NARROW : MOST_SHOWN
  const more = alerts.length - most
  return (
    <section className="notices" aria-label={t("alerts.title")} aria-live="polite" aria-relevant="additions">
      {alerts.slice(0, most).map((alert) => {
        const text = alertText(t, format, alert)
        return (
          <div key={alert.key} className="notice">
            <button type="button" className="plain" onClick={() => onOpen(alert)}>
              <Icon name="bell" />
              {text}
            </button>
            <button
              type="button"
              className="plain"
              aria-label={t("alerts.dismiss", { text })}
              onClick={() => onDismiss(alert.key)}
            >
              <Icon name="close" />
            </button>
          </div>
        )
      })}
      {more > 0 && <p className="notice more">{t("alerts.more", { count: more })}</p>}
    </section>
  )
}
