import { useEffect, useRef, useState } from "react"

/** A value that follows another one, at once or at most once in `ms`, and ends as it. */
export function useThrottled<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value)
  const latest = useRef(value)
  const shownAt = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  latest.current = value
  useEffect(() => {
    if (Object.is(value, shown) || timer.current !== undefined) return
    const show = () => {
      timer.current = undefined
      shownAt.current = performance.now()
      setShown(latest.current)
    }
    const waitMs = shownAt.current + ms - performance.now()
    if (waitMs <= 0) show()
    else timer.current = setTimeout(show, waitMs)
  }, [value, shown, ms])
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      timer.current = undefined
    },
    [],
  )
  return shown
}
