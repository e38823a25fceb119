import { type ReactNode, useId } from "react"
import { useTranslation } from "react-i18next"
import type { AttentionRules } from "./attention.ts"
import { Dialog } from "./dialog.tsx"

/** Edits the rules for notices. Changes apply at once. */
export function AttentionDialog({
  rules,
  onRules,
  onClose,
}: {
  rules: AttentionRules
  onRules: (rules: AttentionRules) => void
  onClose: () => void
}) {
  const { t } = useTranslation()
  const [amount, action] = [useId(), useId()]
  return (
    <Dialog title={t("alerts.when")} onClose={onClose}>
      <div className="settings">
        <label htmlFor={amount}>{t("alerts.orderOfAtLeast")}</label>
        <input
          id={amount}
          type="number"
          inputMode="decimal"
          min={0}
          step="any"
          placeholder={t("alerts.never")}
          value={rules.checkoutFrom ?? ""}
          onChange={({ target }) =>
            onRules({ ...rules, checkoutFrom: target.value === "" ? undefined : target.valueAsNumber })
          }
        />
        <label htmlFor={action}>{t("alerts.actionIs")}</label>
        <input
          id={action}
          value={rules.action}
          placeholder={t("alerts.anyAction")}
          autoComplete="off"
          onChange={({ target }) => onRules({ ...rules, action: target.value })}
        />
        <Toggle checked={rules.drift} onChange={(drift) => onRules({ ...rules, drift })}>
          {t("alerts.totalsDiffer")}
        </Toggle>
        <Toggle checked={rules.sound} onChange={(sound) => onRules({ ...rules, sound })}>
          {t("alerts.sound")}
        </Toggle>
      </div>
      <p className="hint">{t("alerts.kept")}</p>
    </Dialog>
  )
}

function Toggle({
  checked,
  onChange,
  children,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}) {
  const id = useId()
  return (
    <>
      <label htmlFor={id}>{children}</label>
      <input
        type="checkbox"
        role="switch"
        id={id}
        className="switch"
        checked={checked}
        aria-checked={checked}
        onChange={({ target }) => onChange(target.checked)}
      />
    </>
  )
}
