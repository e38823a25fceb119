import { useId } from "react"
import { useTranslation } from "react-i18next"
import { ownName } from "../../language.ts"
import { languages, useLanguage } from "../locale/texts.ts"
import { ThemeToggle } from "../shop/theme.tsx"
import { Dialog } from "./dialog.tsx"

/** How the page looks in this browser: its language and colours. Changes apply at once. */
export function DisplayDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [language, setLanguage] = useLanguage()
  const id = useId()
  return (
    <Dialog title={t("display.title")} onClose={onClose}>
      <div className="settings">
        <label htmlFor={id}>{t("display.language")}</label>
        <select id={id} value={language} onChange={({ target }) => setLanguage(target.value)}>
          {languages.map((each) => (
            <option key={each} value={each} lang={each}>
              {ownName(each)}
            </option>
          ))}
        </select>
        <span aria-hidden="true">{t("display.colours")}</span>
        <ThemeToggle />
      </div>
      <p className="hint">{t("display.kept")}</p>
    </Dialog>
  )
}
