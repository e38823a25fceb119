import { useCallback, useMemo, useSyncExternalStore } from "react"

/** Whether a media query matches now. */
export function useMedia(query: string): boolean {
  const media = useMemo(() => matchMedia(query), [query])
  const subscribe = useCallback(
    (listener: () => void) => {
      media.addEventListener("change", listener)
      return () => media.removeEventListener("change", listener)
    },
    [media],
  )
  return useSyncExternalStore(subscribe, () => media.matches)
}

/** Too narrow to show all parts side by side; they become tabs. */
export const NARROW = "(max-width: 899px)"

/** A tablet held upright: wide enough for two columns. */
export const TABLET = "(min-width: 700px) and (max-width: 899px) and (min-height: 501px)"
