import { useTranslation } from "react-i18next"
import { Icon } from "./icon.tsx"
import { ownName } from "./language.ts"
import { languages, useLanguage } from "./texts.ts"

/** Chooses the page's language; each is written in itself. */
export function LanguageChoice() {
  const { t } = useTranslation()
  const [language, setLanguage] = useLanguage()
  return (
    <span className="language">
      <Icon name="globe" />
      <select
        aria-label={t("page.language")}
        title={t("page.language")}
        value={language}
        onChange={({ target }) => setLanguage(target.value)}
      >
        {languages.map((each) => (
          <option key={each} value={each} lang={each}>
            {ownName(each)}
          </option>
        ))}
      </select>
    </span>
  )
}
