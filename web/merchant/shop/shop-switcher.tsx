import { useTranslation } from "react-i18next"
import { isolatedText } from "../../shown-text.ts"
import { codeOf, goToShop, useKnownShops, useShopNames } from "./shop.ts"

/** Goes to another of this person's shops, or to all of them. It shows nothing to a person with one shop. */
export function ShopSwitcher({ shopId }: { shopId: string }) {
  const { t } = useTranslation()
  const shops = useKnownShops()
  const names = useShopNames()
  if (shops.length < 2) return null
  return (
    <select
      className="switcher"
      aria-label={t("overview.switch")}
      value={shopId}
      onChange={({ target }) => goToShop(target.value === "" ? undefined : target.value)}
    >
      <option value="">{t("overview.all")}</option>
      {[...new Set([shopId, ...shops])].map((each) => (
        <option key={each} value={each}>
          {isolatedText(names[each] ?? `${t("shop.title")} ${codeOf(each)}`)}
        </option>
      ))}
    </select>
  )
}
