import type { Config } from "@shopwire/client"
import { useAuth } from "@shopwire/react"
import { useEffect } from "react"
import { useTranslation } from "react-i18next"
import { Account } from "./account.tsx"
import { ConnectionBadge } from "./connection-badge.tsx"
import { Display } from "./display.tsx"
import icon from "./icon.svg"
import { goToShop, useShop } from "./shop.ts"
import { ShopPage } from "./shop-page.tsx"
import { ShopPicker } from "./shop-picker.tsx"
import { FormatProvider } from "./use-format.tsx"

/** The whole page: the shop in its address, or the choice of one. */
export function App({ config }: { config: Config }) {
  const shopId = useShop()
  const auth = useAuth()
  const { t } = useTranslation()
  // Nothing that one user has seen must stay for the next.
  const whose = auth.kind === "signedIn" ? auth.user.user : ""
  useEffect(() => {
    document.title = shopId === undefined ? "shopwire" : t("page.shopTitle", { shop: shopId.slice(0, 8) })
  }, [shopId, t])
  return (
    <FormatProvider>
      <header className="page-bar">
        <a
          className="brand"
          href="."
          onClick={(event) => {
            event.preventDefault()
            goToShop(undefined)
          }}
        >
          <img src={icon} alt="" width="24" height="24" />
          <span className="label">shopwire</span>
        </a>
        {shopId !== undefined && <ConnectionBadge />}
        <div className="spread" />
        {config.auth.kind !== "none" && <Account config={config.auth} />}
        <Display />
      </header>
      {shopId === undefined ? <ShopPicker /> : <ShopPage key={`${shopId} ${whose}`} shopId={shopId} />}
    </FormatProvider>
  )
}
