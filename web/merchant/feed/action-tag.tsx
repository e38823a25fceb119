import { useTranslation } from "react-i18next"
import { Said } from "../parts/said.tsx"
import { actionName } from "./action-name.ts"

const tones: Readonly<Record<string, string>> = { ADD: "add", REMOVE: "remove", CHECKOUT: "checkout" }

/** The action, as people call it. */
export function ActionTag({ action }: { action: string }) {
  const { t } = useTranslation()
  return (
    <span className={`action ${tones[action.toUpperCase()] ?? ""}`}>
      <Said text={actionName(t, action)} />
    </span>
  )
}
