import { useAuth } from "@shopwire/react"
import { useEffect } from "react"
import { useTranslation } from "react-i18next"
import { setAddress } from "../address.ts"
import { useKnownShops } from "./shop.ts"
import { ShopCard } from "./shop-card.tsx"
import { ShopPicker } from "./shop-picker.tsx"

/** The start: all shops of this person with their sales of today, and the choice of another one. Somebody with one shop is led to it. */
export function StartPage() {
  const { t } = useTranslation()
  const auth = useAuth()
  const shops = useKnownShops()
  const user = auth.kind === "signedIn" ? auth.user : undefined
  const only = user !== undefined && user.role !== "admin" && user.shops.length === 1 ? user.shops[0] : undefined
  useEffect(() => {
    if (only !== undefined) setAddress({ shop: only })
  }, [only])
  return (
    <main className="start">
      {shops.length > 0 && (
        <nav className="overview" aria-labelledby="overview">
          <h2 id="overview">{t("overview.title")}</h2>
          <ul>
            {shops.map((shopId) => (
              <ShopCard key={shopId} shopId={shopId} />
            ))}
          </ul>
        </nav>
      )}
      <ShopPicker />
    </main>
  )
}
