import type { Config, User } from "@shopwire/client"
import { useAuth } from "@shopwire/react"
import { useEffect } from "react"
import icon from "./icon.svg"
import { FormatProvider } from "./locale/use-format.tsx"
import { Display } from "./parts/display.tsx"
import { Account } from "./people/account.tsx"
import { ConnectionBadge } from "./shop/connection-badge.tsx"
import { goToShop, useShop } from "./shop/shop.ts"
import { ShopFrame } from "./shop/shop-frame.tsx"
import { ShopSwitcher } from "./shop/shop-switcher.tsx"
import { StartPage } from "./shop/start-page.tsx"

/** Roles that may change the settings of the shops that they see. */
const tending: readonly User["role"][] = ["merchant", "admin"]

/** The whole page: the shop in its address, or the choice of one. */
export function App({ config }: { config: Config }) {
  const shopId = useShop()
  const auth = useAuth()
  // Nothing that one user has seen must stay for the next.
  const whose = auth.kind === "signedIn" ? auth.user.user : ""
  useEffect(() => {
    if (shopId === undefined) document.title = "shopwire"
  }, [shopId])
  const mayTend = config.auth.kind === "none" || (auth.kind === "signedIn" && tending.includes(auth.user.role))
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
        {shopId !== undefined && <ShopSwitcher shopId={shopId} />}
        <ConnectionBadge />
        <div className="spread" />
        {config.auth.kind !== "none" && <Account config={config.auth} />}
        <Display />
      </header>
      {shopId === undefined ? (
        <StartPage />
      ) : (
        <ShopFrame key={`${shopId} ${whose}`} shopId={shopId} mayTend={mayTend} />
      )}
    </FormatProvider>
  )
}
