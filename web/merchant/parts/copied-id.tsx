import { useState } from "react"
import { useTranslation } from "react-i18next"
import { Icon } from "./icon.tsx"

/** An ID with a button that copies it. */
export function CopiedId({ id, label }: { id: string; label: string }) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(id)
    setCopied(true)
  }
  return (
    <span className="copied-id">
      <code>{id}</code>
      <button
        type="button"
        className="plain"
        aria-label={t("page.copy", { what: label })}
        title={t("page.copy", { what: label })}
        // Where copying is refused, the ID can still be selected.
        onClick={() => void copy().catch(() => {})}
      >
        <Icon name={copied ? "check" : "copy"} />
      </button>
      <span className="hidden" role="status">
        {copied ? t("page.copied") : ""}
      </span>
    </span>
  )
}
