import { useCallback, useSyncExternalStore } from "react"
import { useFormat } from "./use-format.tsx"
import { dayKey } from "./zone-time.ts"

/** The longest timer, in ms: the clock may change, and a device may sleep. */
const LONGEST_WAIT_MS = 60_000

/** Today in a time zone as `2026-11-26`; by default in that in which times are shown. Times of other days are shown with their date. */
export function useToday(timeZone?: string): string {
  const format = useFormat()
  const zone = timeZone ?? format.timeZone
  return useSyncExternalStore(
    subscribe,
    useCallback(() => dayKey(new Date(), zone), [zone]),
  )
}

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, LONGEST_WAIT_MS)
  document.addEventListener("visibilitychange", listener)
  return () => {
    clearInterval(timer)
    document.removeEventListener("visibilitychange", listener)
  }
}
