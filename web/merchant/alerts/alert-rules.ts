import type { Basket, OpeningHours, ShownEvent } from "@shopwire/client"
import { openSince } from "../shop/opening-hours.ts"

/** What to alert of, kept in this browser. */
export interface AlertRules {
  /** Orders of at least this amount; undefined: none. */
  readonly orderFrom: number | undefined
  /** Abandoned baskets of at least this amount; undefined: none. */
  readonly abandonedFrom: number | undefined
  /** Actions of this name, in any case; empty: none. */
  readonly action: string
  /** Baskets whose total, as the app sent it, is higher than the total of their lines. */
  readonly drift: boolean
  /** No activity for this many minutes while the shop is open; undefined: not. */
  readonly quietMinutes: number | undefined
  readonly sound: boolean
  /** Show a notification of the browser, too, also while another page is in front. */
  readonly notify: boolean
}

const usualRules: AlertRules = {
  orderFrom: 100,
  abandonedFrom: undefined,
  action: "",
  drift: false,
  quietMinutes: undefined,
  sound: false,
  notify: false,
}

/** Usable rules from stored ones, which may be anything. JSON leaves out `undefined`, which means none. */
export function readRules(found: unknown): AlertRules {
  if (typeof found !== "object" || found === null) return usualRules
  const rules = found as Readonly<Record<string, unknown>>
  const number = (value: unknown) => (typeof value === "number" && value >= 0 ? value : undefined)
  return {
    // Earlier versions called it a checkout.
    orderFrom: number(rules.orderFrom ?? rules.checkoutFrom),
    abandonedFrom: number(rules.abandonedFrom),
    action: typeof rules.action === "string" ? rules.action : "",
    drift: rules.drift === true,
    quietMinutes: number(rules.quietMinutes),
    sound: rules.sound === true,
    notify: rules.notify === true,
  }
}

/** Something that a rule asks to be told. */
export type Alert = {
  /** The same cause has the same key. */
  readonly key: string
  readonly at: string
  readonly sessionId: string | undefined
} & (
  | { readonly kind: "order" | "abandoned"; readonly amount: number }
  | { readonly kind: "action"; readonly action: string; readonly product: string }
  | { readonly kind: "drift" }
  | { readonly kind: "quiet"; readonly minutes: number }
)

/** The alert that an event causes, if any. */
export function eventAlert({ orderFrom, action }: AlertRules, event: ShownEvent): Alert | undefined {
  const cause = { key: `event-${event.seq}`, at: event.received_at, sessionId: event.session_id }
  const done = event.action.toUpperCase()
  if (done === "CHECKOUT" && orderFrom !== undefined && event.basket_total >= orderFrom) {
    return { ...cause, kind: "order", amount: event.basket_total }
  }
  if (action.trim() !== "" && done === action.trim().toUpperCase()) {
    return { ...cause, kind: "action", action: event.action, product: event.product_name }
  }
  return undefined
}

/** What was known of each basket, by its `session_id`. */
export type Before = ReadonlyMap<string, { readonly isAbandoned: boolean; readonly drift: boolean }>

/** How baskets are judged. */
export interface Judging {
  isAbandoned(basket: Basket): boolean
  /** A basket that was not listed before was abandoned just now if its last activity is not before this, in ms since the epoch. */
  readonly abandonedSince: number
}

/** The alerts of baskets that were abandoned, or whose totals differ, since they were last looked at; and what is known of them now. */
export function basketAlerts(
  rules: AlertRules,
  before: Before | undefined,
  baskets: readonly Basket[],
  { isAbandoned, abandonedSince }: Judging,
): { readonly alerts: readonly Alert[]; readonly after: Before } {
  const after = new Map(
    baskets.map((basket) => [basket.session_id, { isAbandoned: isAbandoned(basket), drift: basket.drift }]),
  )
  if (before === undefined) return { alerts: [], after }
  const alerts = baskets.flatMap((basket): Alert[] => {
    const [was, is] = [before.get(basket.session_id), after.get(basket.session_id)]
    const cause = { at: basket.last_at, sessionId: basket.session_id }
    const name = `${basket.session_id}-${basket.last_seq}`
    const isNew = was === undefined ? Date.parse(basket.last_at) >= abandonedSince : !was.isAbandoned
    const isEnough = rules.abandonedFrom !== undefined && basket.total >= rules.abandonedFrom
    const differs = rules.drift && basket.drift && was?.drift !== true
    return [
      ...(is?.isAbandoned === true && isNew && isEnough
        ? [{ ...cause, key: `abandoned-${name}`, kind: "abandoned" as const, amount: basket.total }]
        : []),
      ...(differs ? [{ ...cause, key: `drift-${name}`, kind: "drift" as const }] : []),
    ]
  })
  return { alerts, after }
}

/** What is known of a shop's activity. */
export interface Activity {
  readonly lastAt: string
  readonly hours: OpeningHours | null
  readonly timeZone: string
}

/** The alert that nothing has happened for a while in opening hours, if so; one for each time since the same event. */
export function quietAlert(
  { quietMinutes }: AlertRules,
  { lastAt, hours, timeZone }: Activity,
  now: number,
): Alert | undefined {
  const since = openSince(hours, timeZone, now)
  if (quietMinutes === undefined || quietMinutes === 0 || since === undefined) return undefined
  const quietFrom = Math.max(since, Date.parse(lastAt))
  if (now - quietFrom < quietMinutes * 60_000) return undefined
  return {
    key: `quiet-${quietFrom}`,
    at: new Date(now).toISOString(),
    sessionId: undefined,
    kind: "quiet",
    minutes: quietMinutes,
  }
}

/** Most alerts in the history. */
const MOST_KEPT = 100

/** A history with new alerts in front, each cause once. */
export function withAlerts(history: readonly Alert[], added: readonly Alert[]): readonly Alert[] {
  const known = new Set(history.map(({ key }) => key))
  const fresh = added.filter(({ key }) => !known.has(key))
  return fresh.length === 0 ? history : [...fresh, ...history].slice(0, MOST_KEPT)
}

/** A history from a stored one, which may be anything. */
export function readHistory(found: unknown): readonly Alert[] {
  return Array.isArray(found) ? found.filter(isAlert).slice(0, MOST_KEPT) : []
}

function isAlert(found: unknown): found is Alert {
  if (typeof found !== "object" || found === null) return false
  const { key, at, kind, amount, action, product, minutes } = found as Readonly<Record<string, unknown>>
  if (typeof key !== "string" || typeof at !== "string" || Number.isNaN(Date.parse(at))) return false
  if (kind === "order" || kind === "abandoned") return typeof amount === "number"
  if (kind === "action") return typeof action === "string" && typeof product === "string"
  return kind === "drift" || (kind === "quiet" && typeof minutes === "number")
}
