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

/** Too small to show all parts side by side; they become tabs. */
export const NARROW = "(max-width: 899px), (max-height: 500px)"

/** A phone held sideways: low, and wide enough for rows of one line. */
export const LOW = "(min-width: 600px) and (max-height: 500px)"

/** A tablet held upright: wide enough for two columns. */
export const TABLET = "(min-width: 700px) and (max-width: 899px) and (min-height: 501px)"
