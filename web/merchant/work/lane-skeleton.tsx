import { useTranslation } from "react-i18next"

/** More than most screens have room for; the rest is cut off. */
const CARDS = 8

/** Empty places of the cards while a lane is loaded. */
export function LaneSkeleton() {
  const { t } = useTranslation()
  return (
    <div className="loading-cards">
      <p className="hidden">{t("page.loading")}</p>
      {Array.from({ length: CARDS }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: empty places have no identity
        <div key={i} className="basket" aria-hidden="true">
          <span className="skeleton" />
          <span className="skeleton" />
          <span className="skeleton" />
        </div>
      ))}
    </div>
  )
}
