import { useTranslation } from "react-i18next"
import type { Notice } from "./attention.ts"
import { Icon } from "./icon.tsx"
import { NARROW, useMedia } from "./use-media.ts"

/** Notices that are shown at once. */
const MOST_SHOWN = 3
/** On a phone, where each one covers a part of the list. */
const MOST_SHOWN_NARROW = 1

/** What asks for attention, until somebody has seen it; read out by screen readers. */
export function Notices({
  notices,
  onOpen,
  onSeen,
}: {
  notices: readonly Notice[]
  onOpen: (notice: Notice) => void
  onSeen: (key: string) => void
}) {
  const { t } = useTranslation()
  const most = useMedia(NARROW) ? MOST_SHOWN_NARROW : MOST_SHOWN
  const more = notices.length - most
  return (
    <section className="notices" aria-label={t("alerts.title")} aria-live="polite" aria-relevant="additions">
      {notices.slice(0, most).map((notice) => (
        <div key={notice.key} className="notice">
          <button type="button" className="plain" onClick={() => onOpen(notice)}>
            <Icon name="bell" />
            {notice.text}
          </button>
          <button
            type="button"
            className="plain"
            aria-label={t("alerts.dismiss", { text: notice.text })}
            onClick={() => onSeen(notice.key)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      {more > 0 && <p className="notice more">{t("alerts.more", { count: more })}</p>}
    </section>
  )
}
