import { type Basket, FEED_LIMIT, type OpeningHours, type ShownEvent, type TimelineState } from "@shopwire/client"
import { useCallback, useEffect, useRef, useState } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import type { Kept } from "../parts/local.ts"
import { useNow } from "../parts/use-now.ts"
import { isAbandoned, type Thresholds } from "../work/lanes.ts"
import { type AlertHistory, useAlertHistory } from "./alert-history.ts"
import {
  type Alert,
  type AlertRules,
  type Before,
  basketAlerts,
  eventAlert,
  quietAlert,
  readRules,
  withAlerts,
} from "./alert-rules.ts"
import { alertText } from "./alert-text.ts"
import { chime } from "./chime.ts"
import { notify } from "./notify.ts"

export const keptRules: Kept<AlertRules> = {
  // As earlier versions called it.
  name: "attention",
  read: readRules,
}

/** Most unseen alerts; older ones are only in the history. */
const MOST_UNSEEN = 20
/** A basket that was not listed before counts as abandoned just now for this time, in ms. */
const JUST_ABANDONED_MS = 10 * 60_000

/** What alerts depend on. */
export interface Watched {
  readonly shopId: string
  readonly rules: AlertRules
  readonly timeline: Pick<TimelineState, "events" | "missing">
  /** The events are up to date. */
  readonly isLive: boolean
  /** Open and abandoned ones; undefined until they are known. */
  readonly baskets: readonly Basket[] | undefined
  readonly thresholds: Thresholds
  readonly hours: OpeningHours | null
  readonly timeZone: string
  readonly onOpen: (sessionId: string) => void
}

export interface Alerts {
  /** Those that nobody has dismissed, the newest first. */
  readonly unseen: readonly Alert[]
  readonly history: AlertHistory
  readonly dismiss: (key: string) => void
}

/** Alerts of what happens while the page is open, by the rules of this browser. */
export function useAlerts(watched: Watched): Alerts {
  const { shopId, rules, timeline, isLive, baskets, thresholds, hours, timeZone, onOpen } = watched
  const { events, missing } = timeline
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  const [unseen, setUnseen] = useState<readonly Alert[]>([])
  const history = useAlertHistory(shopId)

  const tell = useRef((_alerts: readonly Alert[]) => {})
  tell.current = (alerts) => {
    // A basket that changes lists may be in none of them for a moment.
    const added = alerts.filter(({ key }) => !history.has(key))
    if (added.length === 0) return
    setUnseen((before) => withAlerts(before, added).slice(0, MOST_UNSEEN))
    history.add(added)
    if (rules.sound) chime()
    if (rules.notify) {
      for (const alert of added) {
        const { key, sessionId } = alert
        notify(key, alertText(t, format, alert), () => {
          if (sessionId !== undefined) onOpen(sessionId)
        })
      }
    }
  }

  /** All events up to this sequence were judged, or are from before the page was opened. */
  const judgedTo = useRef<number | undefined>(undefined)
  /** Those above it that were judged. */
  const judged = useRef(new WeakSet<ShownEvent>())
  useEffect(() => {
    const newest = events[0]?.seq
    if (newest === undefined) return
    judgedTo.current ??= newest
    const added: Alert[] = []
    for (const event of events) {
      if (event.seq <= judgedTo.current) break
      if (judged.current.has(event)) continue
      judged.current.add(event)
      const alert = eventAlert(rules, event)
      if (alert !== undefined) added.push(alert)
    }
    // Missed events are filled in below newer ones. Rows of the feed itself may turn out to have a gap when it is loaded again.
    if (missing.size === 0) judgedTo.current = Math.max(judgedTo.current, events[FEED_LIMIT]?.seq ?? 0)
    tell.current(added)
  }, [events, missing, rules])

  const before = useRef<Before | undefined>(undefined)
  useEffect(() => {
    if (baskets === undefined) return
    const { alerts, after } = basketAlerts(rules, before.current, baskets, {
      isAbandoned: (basket) => isAbandoned(basket, thresholds, now),
      abandonedSince: now - thresholds.abandoned_after_s * 1000 - JUST_ABANDONED_MS,
    })
    before.current = after
    tell.current(alerts)
  }, [baskets, rules, thresholds, now])

  const lastAt = events[0]?.received_at
  useEffect(() => {
    if (!isLive || lastAt === undefined) return
    const alert = quietAlert(rules, { lastAt, hours, timeZone }, now)
    if (alert !== undefined) tell.current([alert])
  }, [isLive, lastAt, rules, hours, timeZone, now])

  const dismiss = useCallback((key: string) => setUnseen((all) => all.filter((alert) => alert.key !== key)), [])
  return { unseen, history, dismiss }
}
