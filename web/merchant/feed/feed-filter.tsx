import { MAX_FIND_LENGTH, type ShownEvent } from "@shopwire/client"
import { memo, useEffect, useRef, useState } from "react"
import { useTranslation } from "react-i18next"
import { isolatedText } from "../../shown-text.ts"
import { basketName } from "../locale/format.ts"
import { Icon } from "../parts/icon.tsx"
import { actionName, namedActions } from "./action-name.ts"
import type { Filter } from "./filter.ts"

/** A search begins when nothing was typed for this time, in ms. */
const TYPING_MS = 300

/** Finds events by a text, and filters them by the values that occur in the feed. */
export const FeedFilter = memo(function FeedFilter({
  events,
  filter,
  onFilter,
}: {
  events: readonly ShownEvent[]
  filter: Filter
  onFilter: (filter: Filter) => void
}) {
  const { t } = useTranslation()
  const actions = new Set<string>([...namedActions, ...events.map(({ action }) => action.toUpperCase()), filter.action])
  const categories = new Set([...events.map((event) => event.category_id), filter.category])
  return (
    <fieldset className="filters">
      <legend className="hidden">{t("feed.showOnly")}</legend>
      <Find find={filter.find} onFind={(find) => onFilter({ ...filter, find })} />
      <Choice
        label={t("feed.action")}
        any={t("feed.allActions")}
        value={filter.action}
        values={actions}
        nameOf={(action) => actionName(t, action)}
        onChange={(action) => onFilter({ ...filter, action })}
      />
      <Choice
        label={t("feed.category")}
        any={t("feed.allCategories")}
        value={filter.category}
        values={categories}
        onChange={(category) => onFilter({ ...filter, category })}
      />
      {filter.session !== "" && (
        <button type="button" className="tag" onClick={() => onFilter({ ...filter, session: "" })}>
          {t("feed.basket", { basket: basketName(filter.session) })}
          <Icon name="close" />
          <span className="hidden">{t("feed.allBaskets")}</span>
        </button>
      )}
    </fieldset>
  )
})

function Find({ find, onFind }: { find: string; onFind: (find: string) => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState(find)
  const typing = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  /** The other filters may change between a key and the search. */
  const search = useRef(onFind)
  useEffect(() => {
    search.current = onFind
  }, [onFind])
  // Back and Forward lead to another text.
  useEffect(() => setText(find), [find])
  useEffect(() => () => clearTimeout(typing.current), [])
  return (
    <input
      type="search"
      className="find"
      aria-label={t("feed.find")}
      placeholder={t("feed.find")}
      title={t("feed.findWhat")}
      maxLength={MAX_FIND_LENGTH}
      autoComplete="off"
      spellCheck={false}
      value={text}
      onChange={({ target: { value } }) => {
        setText(value)
        clearTimeout(typing.current)
        typing.current = setTimeout(() => search.current(value), TYPING_MS)
      }}
    />
  )
}

function Choice({
  label,
  any,
  value,
  values,
  nameOf = (value) => value,
  onChange,
}: {
  label: string
  any: string
  value: string
  values: ReadonlySet<string>
  nameOf?: (value: string) => string
  onChange: (value: string) => void
}) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{any}</option>
      {[...values]
        .filter((each) => each !== "")
        .sort()
        .map((each) => (
          <option key={each} value={each}>
            {isolatedText(nameOf(each))}
          </option>
        ))}
    </select>
  )
}
