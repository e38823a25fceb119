import { useObservable } from "@shopwire/react"
import { useTranslation } from "react-i18next"
import { Icon } from "./icon.tsx"
import { hideToast, toasts } from "./toast-list.ts"

/** What was just done, with buttons to undo it; read out by screen readers. */
export function Toasts() {
  const { t } = useTranslation()
  const shown = useObservable(toasts)
  return (
    <section className="toasts" aria-label={t("work.messages")} aria-live="polite" aria-relevant="additions">
      {shown.map(({ id, text, undo }) => (
        <div key={id} className="toast">
          <span>{text}</span>
          {undo !== undefined && (
            <button
              type="button"
              onClick={() => {
                hideToast(id)
                undo()
              }}
            >
              {t("work.undo")}
            </button>
          )}
          <button type="button" className="plain" aria-label={t("page.close")} onClick={() => hideToast(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </section>
  )
}
