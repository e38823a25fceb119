import { useTranslation } from "react-i18next"
import { Said } from "../parts/said.tsx"
import { codeOf } from "./shop.ts"

/** A shop's name; for one without a name its code, with the whole ID as a tooltip. */
export function ShopName({ shopId, name }: { shopId: string; name: string | undefined }) {
  const { t } = useTranslation()
  if (name !== undefined) return <Said text={name} />
  return (
    <span title={shopId}>
      {t("shop.title")} <code>{codeOf(shopId)}</code>
    </span>
  )
}
