import type { Basket, ShownEvent } from "@shopwire/client"
import { useEffect, useRef, useState } from "react"
import { useTranslation } from "react-i18next"
import { chime } from "./chime.ts"
import { basketName, type Format } from "./format.ts"
import type { Kept } from "./local.ts"
import type { Texts } from "./texts.ts"
import { useFormat } from "./use-format.tsx"

/** The rules for notices, kept in this browser. */
export interface AttentionRules {
  /** Checkouts of at least this amount; undefined: none. */
  readonly checkoutFrom: number | undefined
  /** Actions of this name, in any case; empty: none. */
  readonly action: string
  /** Baskets whose sent total differs from the total of their lines. */
  readonly drift: boolean
  readonly sound: boolean
}

const usualRules: AttentionRules = { checkoutFrom: 100, action: "", drift: false, sound: false }

export const keptRules: Kept<AttentionRules> = {
  name: "attention",
  read: (found) => {
    if (typeof found !== "object" || found === null) return usualRules
    const { checkoutFrom, action, drift, sound } = found as Partial<Record<keyof AttentionRules, unknown>>
    return {
      // JSON leaves out `undefined`, which means no checkout.
      checkoutFrom: typeof checkoutFrom === "number" ? checkoutFrom : undefined,
      action: typeof action === "string" ? action : "",
      drift: drift === true,
      sound: sound === true,
    }
  },
}

export interface Notice {
  readonly key: string
  readonly text: string
  readonly sessionId: string
}

/** Most unseen notices; older ones are dropped. */
const MOST_NOTICES = 20

/** Why an event causes a notice; undefined if it does not. */
export function reasonOf(
  { checkoutFrom, action }: AttentionRules,
  event: ShownEvent,
  t: Texts,
  format: Format,
): string | undefined {
  const done = event.action.toUpperCase()
  if (done === "CHECKOUT" && checkoutFrom !== undefined && event.basket_total >= checkoutFrom) {
    return t("alerts.order", { amount: format.money(event.basket_total) })
  }
  if (action !== "" && done === action.trim().toUpperCase())
    return t("alerts.action", { action: event.action, product: event.product_name })
  return undefined
}

/** Notices since the page was opened, the newest first, and a function that dismisses one. */
export function useNotices(
  rules: AttentionRules,
  events: readonly ShownEvent[],
  baskets: readonly Basket[] | undefined,
): [readonly Notice[], (key: string) => void] {
  const [notices, setNotices] = useState<readonly Notice[]>([])
  const openedAt = useRef<number | undefined>(undefined)
  const judged = useRef(new WeakSet<ShownEvent>())
  const drifting = useRef<ReadonlySet<string> | undefined>(undefined)
  const { sound } = rules
  const { t } = useTranslation()
  const format = useFormat()

  const tell = useRef((_added: readonly Notice[]) => {})
  tell.current = (added) => {
    if (added.length === 0) return
    setNotices((before) => [...added, ...before].slice(0, MOST_NOTICES))
    if (sound) chime()
  }

  useEffect(() => {
    const newest = events[0]?.seq
    if (newest === undefined) return
    openedAt.current ??= newest
    const from = openedAt.current
    const since: ShownEvent[] = []
    // Not only the top ones: missed events are filled in below newer ones.
    for (const event of events) {
      if (event.seq <= from) break
      if (judged.current.has(event)) continue
      judged.current.add(event)
      since.push(event)
    }
    tell.current(
      since.flatMap((event) => {
        const text = reasonOf(rules, event, t, format)
        return text === undefined ? [] : [{ key: `${event.seq}`, text, sessionId: event.session_id }]
      }),
    )
  }, [events, rules, t, format])

  useEffect(() => {
    if (baskets === undefined) return
    const before = drifting.current
    const now = baskets.filter(({ drift }) => drift)
    drifting.current = new Set(now.map(({ session_id }) => session_id))
    if (before === undefined || !rules.drift) return
    tell.current(
      now
        .filter(({ session_id }) => !before.has(session_id))
        .map(({ session_id, last_seq }) => ({
          key: `drift-${session_id}-${last_seq}`,
          text: t("alerts.basketTotals", { basket: basketName(session_id) }),
          sessionId: session_id,
        })),
    )
  }, [baskets, rules, t])

  return [notices, (key) => setNotices((all) => all.filter((notice) => notice.key !== key))]
}
