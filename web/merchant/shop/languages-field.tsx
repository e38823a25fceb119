import { useId } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Icon } from "../parts/icon.tsx"

/** What a shop may speak; a profile may hold others, which stay. */
const offered =
  "ar bg ca cs da de el en es et eu fa fi fr ga gl he hi hr hu id is it ja ko lt lv mt nb nl pl pt ro ru sk sl sr sv th tr uk ur vi zh"

/** The languages that a shop speaks, the preferred one first. */
export function LanguagesField({
  languages,
  onLanguages,
}: {
  languages: readonly string[]
  onLanguages: (languages: readonly string[]) => void
}) {
  const { t } = useTranslation()
  const { locale } = useFormat()
  const id = useId()
  const names = new Intl.DisplayNames([locale], { type: "language" })
  const others = offered.split(" ").filter((tag) => !languages.includes(tag))
  const byName = others
    .map((tag): [tag: string, name: string] => [tag, names.of(tag) ?? tag])
    .sort(([, a], [, b]) => a.localeCompare(b, locale))
  return (
    <>
      <label htmlFor={id}>{t("profile.languages")}</label>
      <div className="languages">
        {languages.map((tag) => (
          <button
            key={tag}
            type="button"
            className="tag"
            onClick={() => onLanguages(languages.filter((each) => each !== tag))}
          >
            {names.of(tag) ?? tag}
            <Icon name="close" />
            <span className="hidden">{t("profile.removeLanguage")}</span>
          </button>
        ))}
        <select id={id} value="" onChange={({ target }) => onLanguages([...languages, target.value])}>
          <option value="">{t("profile.addLanguage")}</option>
          {byName.map(([tag, name]) => (
            <option key={tag} value={tag}>
              {name}
            </option>
          ))}
        </select>
      </div>
    </>
  )
}
