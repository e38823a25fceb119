import { useCallback, useSyncExternalStore } from "react"

/** Whether a media query matches now. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query)
      media.addEventListener("change", listener)
      return () => media.removeEventListener("change", listener)
    },
    [query],
  )
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches)
}

/** Too narrow to show all parts side by side; they become tabs. */
export const NARROW = "(max-width: 899px)"

/** A tablet held upright: wide enough for two columns. */
export const TABLET = "(min-width: 700px) and (max-width: 899px) and (min-height: 501px)"
