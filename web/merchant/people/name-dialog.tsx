import { MAX_DISPLAY_NAME } from "@shopwire/client"
import { type SubmitEvent, useId, useState } from "react"
import { useTranslation } from "react-i18next"
import { Dialog } from "../parts/dialog.tsx"

/** Asks once for the name that other screens show with claimed baskets. */
export function NameDialog({ onName, onClose }: { onName: (name: string) => void; onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState("")
  const input = useId()
  const given = name.trim()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (given !== "") onName(given)
  }
  return (
    <Dialog title={t("claim.who")} onClose={onClose}>
      <form onSubmit={submit}>
        <label htmlFor={input}>{t("claim.name")}</label>
        <div className="row">
          <input
            id={input}
            value={name}
            maxLength={MAX_DISPLAY_NAME}
            autoComplete="given-name"
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" className="primary" disabled={given === ""}>
            {t("claim.save")}
          </button>
        </div>
        <p className="hint">{t("claim.kept")}</p>
      </form>
    </Dialog>
  )
}
