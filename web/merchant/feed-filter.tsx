import type { ShownEvent } from "@shopwire/client"
import { useTranslation } from "react-i18next"
import { isolatedText } from "../shown-text.ts"
import { basketName } from "./format.ts"
import { Icon } from "./icon.tsx"

/** Empty matches all. */
export interface Filter {
  readonly action: string
  readonly category: string
  readonly basket: string
}

export const noFilter: Filter = { action: "", category: "", basket: "" }

export function matches({ action, category, basket }: Filter, event: ShownEvent): boolean {
  return (
    (action === "" || event.action.toUpperCase() === action) &&
    (category === "" || event.category_id === category) &&
    (basket === "" || event.session_id === basket)
  )
}

const usualActions = ["ADD", "REMOVE", "CHECKOUT"]

/** Filters the events by the values that occur in the feed. */
export function FeedFilter({
  events,
  filter,
  onFilter,
}: {
  events: readonly ShownEvent[]
  filter: Filter
  onFilter: (filter: Filter) => void
}) {
  const { t } = useTranslation()
  const actions = new Set([...usualActions, ...events.map(({ action }) => action.toUpperCase()), filter.action])
  const categories = new Set([...events.map((event) => event.category_id), filter.category])
  return (
    <fieldset className="filters">
      <legend className="hidden">{t("feed.showOnly")}</legend>
      <Choice
        label={t("feed.action")}
        any={t("feed.allActions")}
        value={filter.action}
        values={actions}
        onChange={(action) => onFilter({ ...filter, action })}
      />
      <Choice
        label={t("feed.category")}
        any={t("feed.allCategories")}
        value={filter.category}
        values={categories}
        onChange={(category) => onFilter({ ...filter, category })}
      />
      {filter.basket !== "" && (
        <button type="button" className="tag" onClick={() => onFilter({ ...filter, basket: "" })}>
          {t("feed.basket", { basket: basketName(filter.basket) })}
          <Icon name="close" />
          <span className="hidden">{t("feed.allBaskets")}</span>
        </button>
      )}
    </fieldset>
  )
}

function Choice({
  label,
  any,
  value,
  values,
  onChange,
}: {
  label: string
  any: string
  value: string
  values: ReadonlySet<string>
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
            {isolatedText(each)}
          </option>
        ))}
    </select>
  )
}
