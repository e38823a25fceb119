import { Switch } from "radix-ui"
import { type ReactNode, useId } from "react"
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
  const [amount, action] = [useId(), useId()]
  return (
    <Dialog title="Tell me about" onClose={onClose}>
      <div className="settings">
        <label htmlFor={amount}>A checkout of at least</label>
        <input
          id={amount}
          type="number"
          inputMode="decimal"
          min={0}
          step="any"
          placeholder="never"
          value={rules.checkoutFrom ?? ""}
          onChange={({ target }) =>
            onRules({ ...rules, checkoutFrom: target.value === "" ? undefined : target.valueAsNumber })
          }
        />
        <label htmlFor={action}>An action named</label>
        <input
          id={action}
          value={rules.action}
          placeholder="none"
          autoComplete="off"
          onChange={({ target }) => onRules({ ...rules, action: target.value })}
        />
        <Toggle checked={rules.drift} onChange={(drift) => onRules({ ...rules, drift })}>
          A basket whose totals differ
        </Toggle>
        <Toggle checked={rules.sound} onChange={(sound) => onRules({ ...rules, sound })}>
          With a sound
        </Toggle>
      </div>
      <p className="hint">These are kept in this browser.</p>
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
      <Switch.Root id={id} className="switch" checked={checked} onCheckedChange={onChange}>
        <Switch.Thumb />
      </Switch.Root>
    </>
  )
}
