import { type ReactNode, useId, useState } from "react"
import { useTranslation } from "react-i18next"
import { actionCalled, actionName } from "../feed/action-name.ts"
import { useFormat } from "../locale/use-format.tsx"
import { useToday } from "../locale/use-today.ts"
import { Dialog } from "../parts/dialog.tsx"
import type { AlertHistory } from "./alert-history.ts"
import type { AlertRules } from "./alert-rules.ts"
import { alertText } from "./alert-text.ts"
import { askToNotify, notifyPermission } from "./notify.ts"

/** Edits the rules for alerts, which apply at once, and shows the alerts until now. */
export function AlertDialog({
  rules,
  history,
  onRules,
  onOpen,
  onClose,
}: {
  rules: AlertRules
  history: AlertHistory
  onRules: (rules: AlertRules) => void
  onOpen: (sessionId: string) => void
  onClose: () => void
}) {
  const { t } = useTranslation()
  const [permission, setPermission] = useState(notifyPermission)
  const action = useId()
  const [actionText, setActionText] = useState(() => actionName(t, rules.action))
  return (
    <Dialog title={t("alerts.when")} onClose={onClose}>
      <div className="settings">
        <Amount value={rules.orderFrom} onChange={(orderFrom) => onRules({ ...rules, orderFrom })}>
          {t("alerts.orderOfAtLeast")}
        </Amount>
        <Amount value={rules.abandonedFrom} onChange={(abandonedFrom) => onRules({ ...rules, abandonedFrom })}>
          {t("alerts.abandonedOfAtLeast")}
        </Amount>
        <Amount value={rules.quietMinutes} onChange={(quietMinutes) => onRules({ ...rules, quietMinutes })}>
          {t("alerts.noActivityFor")}
        </Amount>
        <label htmlFor={action}>{t("alerts.actionIs")}</label>
        <input
          id={action}
          value={actionText}
          placeholder={t("alerts.anyAction")}
          autoComplete="off"
          onChange={({ target }) => {
            setActionText(target.value)
            onRules({ ...rules, action: actionCalled(t, target.value) })
          }}
        />
        <Toggle checked={rules.drift} onChange={(drift) => onRules({ ...rules, drift })}>
          {t("alerts.totalsDiffer")}
        </Toggle>
        <Toggle checked={rules.sound} onChange={(sound) => onRules({ ...rules, sound })}>
          {t("alerts.sound")}
        </Toggle>
        {permission !== "impossible" && (
          <Toggle
            checked={rules.notify && permission === "granted"}
            onChange={(on) => {
              onRules({ ...rules, notify: on })
              if (on) void askToNotify().then(setPermission)
            }}
          >
            {t("alerts.notify")}
          </Toggle>
        )}
      </div>
      {rules.notify && permission === "denied" && <p className="hint">{t("alerts.notAllowed")}</p>}
      <p className="hint">{t("alerts.kept")}</p>
      <Past history={history} onOpen={onOpen} />
    </Dialog>
  )
}

function Past({ history, onOpen }: { history: AlertHistory; onOpen: (sessionId: string) => void }) {
  const { t } = useTranslation()
  const format = useFormat()
  const today = useToday()
  const heading = useId()
  return (
    <section className="past-alerts" aria-labelledby={heading}>
      <div className="dialog-head">
        <h3 id={heading}>{t("alerts.history")}</h3>
        {history.alerts.length > 0 && (
          <button type="button" className="plain" onClick={history.clear}>
            {t("alerts.clear")}
          </button>
        )}
      </div>
      {history.alerts.length === 0 ? (
        <p className="quiet">{t("alerts.noneYet")}</p>
      ) : (
        <ol>
          {history.alerts.map((alert) => {
            const { key, at, sessionId } = alert
            const text = alertText(t, format, alert)
            return (
              <li key={key}>
                <time className="quiet" dateTime={at}>
                  {format.time(at, today)}
                </time>
                {sessionId === undefined ? (
                  <span>{text}</span>
                ) : (
                  <button type="button" className="plain" onClick={() => onOpen(sessionId)}>
                    {text}
                  </button>
                )}
              </li>
            )
          })}
        </ol>
      )}
    </section>
  )
}

/** A number of at least 0; none: never. */
function Amount({
  value,
  onChange,
  children,
}: {
  value: number | undefined
  onChange: (value: number | undefined) => void
  children: ReactNode
}) {
  const { t } = useTranslation()
  const id = useId()
  return (
    <>
      <label htmlFor={id}>{children}</label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        min={0}
        step="any"
        placeholder={t("alerts.never")}
        value={value ?? ""}
        onChange={({ target }) => onChange(target.value === "" ? undefined : target.valueAsNumber)}
      />
    </>
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
