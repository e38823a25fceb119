import { useWatchers } from "@shopwire/react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Icon } from "../parts/icon.tsx"
import { lookers } from "./lookers.ts"
import { useKnownName } from "./staff-name.tsx"

/** Who else looks at the shop now: `Eva is looking, too`. */
export function AlsoWatching({ shopId }: { shopId: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const name = useKnownName()
  const { names, more } = lookers(useWatchers(shopId, name === "" ? undefined : name), name)
  const count = names.length + more
  if (count === 0) return null
  const others = more === 0 ? [] : [t(names.length === 0 ? "watchers.screens" : "watchers.more", { count: more })]
  const who = format.list([...names, ...others])
  return (
    <span className="also-watching quiet" role="status">
      <Icon name="person" />
      <span className="label">{t("watchers.looking", { count, who })}</span>
    </span>
  )
}
