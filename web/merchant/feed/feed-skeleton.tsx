import { useTranslation } from "react-i18next"

/** More than most screens have room for; the rest is cut off. */
const ROWS = 24

/** Empty places of the rows while the feed is loaded, as high as the rows. */
export function FeedSkeleton() {
  const { t } = useTranslation()
  return (
    <div className="loading-rows">
      <p className="hidden">{t("page.loading")}</p>
      <div className="day-row" />
      {Array.from({ length: ROWS }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: empty places have no identity
        <div key={i} className="event" aria-hidden="true">
          <time className="skeleton" />
          <span className="action skeleton" />
          <div className="what">
            <span className="name skeleton" />
          </div>
          <span className="price skeleton" />
          <span className="total skeleton" />
          <span className="shopper skeleton" />
        </div>
      ))}
    </div>
  )
}
