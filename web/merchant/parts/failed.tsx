import { useTranslation } from "react-i18next"
import { Said } from "./said.tsx"

/** Shown instead of the page if it could not start, or if it broke; `reason` is for whoever mends it. */
export function Failed({ broken = false, reason, onAgain }: { broken?: boolean; reason: string; onAgain: () => void }) {
  const { t } = useTranslation()
  return (
    <main className="picker">
      <section className="card" role="alert">
        <h1>{t("page.broken")}</h1>
        <p>{t(broken ? "page.brokenMore" : "page.notStarted")}</p>
        <p className="quiet">
          <code>
            <Said text={reason} />
          </code>
        </p>
        <button type="button" className="primary" onClick={onAgain}>
          {t("page.tryAgain")}
        </button>
      </section>
    </main>
  )
}
