import { Observable, shelf } from "@shopwire/client"
import { useAuth, useObservable } from "@shopwire/react"
import { useMemo } from "react"
import { parsed } from "../parts/local.ts"
import { type Alert, readHistory, withAlerts } from "./alert-rules.ts"

/** The tab's own: the next person at this browser must not find it. */
const kept = shelf(() => sessionStorage)

/** The alerts of a shop since its tab was opened, the newest first, also after a reload. */
export interface AlertHistory {
  readonly alerts: readonly Alert[]
  /** Whether an alert is in it now. */
  readonly has: (key: string) => boolean
  readonly add: (alerts: readonly Alert[]) => void
  readonly clear: () => void
}

export function useAlertHistory(shopId: string): AlertHistory {
  const auth = useAuth()
  const user = auth.kind === "signedIn" ? auth.user.user : ""
  const history = useMemo(() => {
    const name = `shopwire.alerts.${shopId}.${user}`
    const alerts = new Observable(readHistory(parsed(kept.getItem(name))))
    const set = (next: readonly Alert[]) => {
      kept.setItem(name, JSON.stringify(next))
      alerts.set(next)
    }
    return {
      alerts,
      has: (key: string) => alerts.get().some((alert) => alert.key === key),
      add: (added: readonly Alert[]) => set(withAlerts(alerts.get(), added)),
      clear: () => set([]),
    }
  }, [shopId, user])
  const alerts = useObservable(history.alerts)
  return useMemo(() => ({ ...history, alerts }), [history, alerts])
}
