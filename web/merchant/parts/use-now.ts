import { useSyncExternalStore } from "react"

/** How often relative times are shown again, in ms. */
const TICK_MS = 10_000

let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** The time, in ms since the epoch; the same for the whole page, and new every 10 s. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

function tick(): void {
  now = Date.now()
  for (const listener of [...listeners]) listener()
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now()
    timer = setInterval(tick, TICK_MS)
    // Timers of a hidden page are late.
    document.addEventListener("visibilitychange", tick)
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    document.removeEventListener("visibilitychange", tick)
  }
}
