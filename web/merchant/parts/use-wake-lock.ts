import { useEffect, useState } from "react"

/** Keeps the screen awake while the component is mounted and the page is seen. Returns whether it does: not every browser can. */
export function useWakeLock(): boolean {
  const [isAwake, setAwake] = useState(false)
  useEffect(() => {
    let lock: WakeLockSentinel | undefined
    let isOver = false
    const keep = async (): Promise<void> => {
      if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return
      try {
        const taken = await navigator.wakeLock.request("screen")
        if (isOver) return void taken.release()
        lock = taken
        // A browser takes it back when the page is hidden, or the battery is low.
        taken.addEventListener("release", () => setAwake(false))
        setAwake(true)
      } catch {
        setAwake(false)
      }
    }
    const onSeen = () => void keep()
    onSeen()
    document.addEventListener("visibilitychange", onSeen)
    return () => {
      isOver = true
      document.removeEventListener("visibilitychange", onSeen)
      void lock?.release()
    }
  }, [])
  return isAwake
}
