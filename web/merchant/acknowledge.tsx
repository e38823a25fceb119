import { type Basket, basket as basketContract, MAX_DISPLAY_NAME } from "@shopwire/client"
import { useAuth, useCall } from "@shopwire/react"
import { useState } from "react"
import { useTranslation } from "react-i18next"
import { notSavedText } from "./failure-text.ts"
import { Icon } from "./icon.tsx"
import { loadedDialog } from "./loaded-part.tsx"
import { type Kept, useLocal } from "./local.ts"
import { Said } from "./said.tsx"
import { useFormat } from "./use-format.tsx"
import { useToday } from "./use-today.ts"

const NameDialog = loadedDialog(() => import("./name-dialog.tsx").then((module) => module.NameDialog))

const keptName: Kept<string> = {
  name: "name",
  read: (found) => (typeof found === "string" ? found.slice(0, MAX_DISPLAY_NAME) : ""),
}

/** Claims a basket on every screen of the shop, or shows who has claimed it. */
export function Acknowledge({ shopId, basket }: { shopId: string; basket: Basket }) {
  const auth = useAuth()
  const { t } = useTranslation()
  const format = useFormat()
  const today = useToday()
  const [ownName, setOwnName] = useLocal(keptName)
  const [asking, setAsking] = useState(false)
  const parts = { shop_id: shopId, session_id: basket.session_id }
  const { call, pending, failure } = useCall(basketContract, parts, "acknowledge")

  if (basket.acknowledged_by !== null) {
    return (
      <span className="acknowledged">
        <Icon name="check" />
        <Said text={basket.acknowledged_by} />
        {basket.acknowledged_at !== null && (
          <time className="quiet" dateTime={basket.acknowledged_at}>
            {format.time(basket.acknowledged_at, today)}
          </time>
        )}
      </span>
    )
  }
  // The service itself knows the name of a signed-in user.
  const name = auth.kind === "signedIn" ? (auth.user.name ?? auth.user.user) : ownName
  return (
    <span className="acknowledge">
      <button
        type="button"
        disabled={pending}
        onClick={() => (name === "" ? setAsking(true) : void call({ by: name }))}
      >
        <Icon name="check" />
        {t("claim.claim")}
      </button>
      {failure !== undefined && (
        <span className="wrong" role="alert">
          {notSavedText(t, failure)}
        </span>
      )}
      {asking && (
        <NameDialog
          onClose={() => setAsking(false)}
          onName={(given) => {
            setAsking(false)
            setOwnName(given)
            void call({ by: given })
          }}
        />
      )}
    </span>
  )
}
