import { useCallback, useSyncExternalStore } from "react"
import { useFormat } from "./use-format.tsx"

/** The longest timer, in ms: the clock may change, and a device may sleep. */
const LONGEST_WAIT_MS = 60_000

/** Today in the shop's time zone, as `Format.dayKey` writes it. Times of other days are shown with their date. */
export function useToday(): string {
  const format = useFormat()
  return useSyncExternalStore(
    subscribe,
    useCallback(() => format.dayKey(new Date()), [format]),
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
