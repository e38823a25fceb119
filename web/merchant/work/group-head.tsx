import type { Basket } from "@shopwire/client"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Icon } from "../parts/icon.tsx"
import { groupTitle } from "./group-title.ts"
import { printPickLists } from "./print-queue.ts"

/** Who is in a group, what all of it comes to, and a packing list for each. */
export function GroupHead({ group }: { group: readonly Basket[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <header className="group-head">
      <strong>{groupTitle(t, format, group)}</strong>
      <span className="sum">{format.money(group.reduce((sum, { total }) => sum + total, 0))}</span>
      <button
        type="button"
        className="plain"
        aria-label={t("group.packingLists")}
        title={t("group.packingLists")}
        onClick={() => printPickLists(group)}
      >
        <Icon name="print" />
      </button>
    </header>
  )
}
