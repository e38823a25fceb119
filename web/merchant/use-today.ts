import { useSyncExternalStore } from "react"

/** The longest timer, in ms: the clock may change, and a device may sleep. */
const LONGEST_WAIT_MS = 60_000

let today = new Date()

/** Today, the same object until midnight. Times of other days are shown with their date. */
export function useToday(): Date {
  return useSyncExternalStore(subscribe, read)
}

function read(): Date {
  const now = new Date()
  if (now.toDateString() !== today.toDateString()) today = now
  return today
}

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, LONGEST_WAIT_MS)
  document.addEventListener("visibilitychange", listener)
  return () => {
    clearInterval(timer)
    document.removeEventListener("visibilitychange", listener)
  }
}
