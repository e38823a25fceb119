import { useProfile } from "@shopwire/react"
import { memo, useEffect, useState } from "react"
import { useTranslation } from "react-i18next"
import { Icon } from "../parts/icon.tsx"
import { loadedDialog } from "../parts/loaded-part.tsx"
import { AlsoWatching } from "../people/also-watching.tsx"
import { codeOf, nameOf, rememberName } from "./shop.ts"
import { ShopName } from "./shop-name.tsx"
import { Truth } from "./truth.tsx"

const ProfileDialog = loadedDialog(() => import("./profile-dialog.tsx").then((module) => module.ProfileDialog))

/** The shop's name, as of when it is shown, who else looks at it, and its settings for whoever may change them, with a hint while it has no currency. */
export const ShopTitle = memo(function ShopTitle({ shopId, mayTend }: { shopId: string; mayTend: boolean }) {
  const { t } = useTranslation()
  const [editing, setEditing] = useState(false)
  const profile = useProfile(shopId).data
  const name = profile === undefined ? nameOf(shopId) : (profile.name ?? undefined)
  useEffect(() => {
    document.title = t("page.shopTitle", { shop: name ?? codeOf(shopId) })
    if (profile !== undefined) rememberName(shopId, name)
  }, [t, shopId, profile, name])
  return (
    <>
      <div className="named">
        <h1>
          <ShopName shopId={shopId} name={name} />
        </h1>
        <Truth shopId={shopId} />
        <AlsoWatching shopId={shopId} />
        {mayTend && profile?.currency === null && (
          <button type="button" className="plain hint-button" onClick={() => setEditing(true)}>
            {t("profile.setCurrency")}
          </button>
        )}
      </div>
      {mayTend && profile !== undefined && (
        <button type="button" onClick={() => setEditing(true)}>
          <Icon name="shop" />
          <span className="label">{t("profile.title")}</span>
        </button>
      )}
      {editing && profile !== undefined && (
        <ProfileDialog shopId={shopId} profile={profile} onClose={() => setEditing(false)} />
      )}
    </>
  )
})
