import type { HistoryFilter } from "@shopwire/client"
import { useId, useState } from "react"
import { useTranslation } from "react-i18next"
import { Icon } from "../parts/icon.tsx"
import { loadedDialog } from "../parts/loaded-part.tsx"
import { useViewOptions } from "../parts/view-options.ts"
import type { Filter } from "./filter.ts"

const ExportDialog = loadedDialog(() => import("./export-dialog.tsx").then((module) => module.ExportDialog))

/** Less usual filters, how the list is shown, and its export. */
export function FeedOptions({
  shopId,
  filter,
  wanted,
  onFilter,
}: {
  shopId: string
  filter: Filter
  wanted: HistoryFilter | undefined
  onFilter: (filter: Filter) => void
}) {
  const { t } = useTranslation()
  const [options, setOptions] = useViewOptions()
  const [exporting, setExporting] = useState(false)
  return (
    <div className="feed-options" id="feed-options">
      <Field label={t("feed.minTotal")} type="number" name="min" filter={filter} onFilter={onFilter} />
      <Field label={t("feed.maxTotal")} type="number" name="max" filter={filter} onFilter={onFilter} />
      <Field label={t("feed.fromDay")} type="date" name="from" filter={filter} onFilter={onFilter} />
      <Field label={t("feed.toDay")} type="date" name="to" filter={filter} onFilter={onFilter} />
      <label>
        <input
          type="checkbox"
          checked={options.compact}
          onChange={({ target }) => setOptions({ ...options, compact: target.checked })}
        />
        {t("feed.compact")}
      </label>
      <label>
        <input
          type="checkbox"
          checked={options.relative}
          onChange={({ target }) => setOptions({ ...options, relative: target.checked })}
        />
        {t("feed.relative")}
      </label>
      <button type="button" onClick={() => setExporting(true)}>
        <Icon name="save" />
        {t("export.title")}
      </button>
      {exporting && <ExportDialog shopId={shopId} filter={wanted} onClose={() => setExporting(false)} />}
    </div>
  )
}

/** A filter that counts when its input is complete. */
function Field({
  label,
  type,
  name,
  filter,
  onFilter,
}: {
  label: string
  type: "number" | "date"
  name: "min" | "max" | "from" | "to"
  filter: Filter
  onFilter: (filter: Filter) => void
}) {
  const id = useId()
  const apply = (value: string) => {
    if (value !== filter[name]) onFilter({ ...filter, [name]: value })
  }
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        // Back and Forward lead to another value.
        key={filter[name]}
        id={id}
        type={type}
        inputMode={type === "number" ? "decimal" : undefined}
        step="any"
        defaultValue={filter[name]}
        onBlur={({ target }) => apply(target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") apply(event.currentTarget.value)
        }}
      />
    </div>
  )
}
