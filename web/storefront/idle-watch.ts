/** After this time without input the customer counts as idle, in ms. */
const IDLE_MS = 60_000

/** Calls `onIdle` when the page becomes hidden or has had no input for a minute, and when it is used again. */
export function watchIdle(onIdle: (isIdle: boolean) => void): void {
  let isIdle = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const set = (next: boolean): void => {
    if (next !== isIdle) onIdle(next)
    isIdle = next
  }
  const look = (): void => {
    clearTimeout(timer)
    set(document.hidden)
    if (!document.hidden) timer = setTimeout(() => set(true), IDLE_MS)
  }
  for (const event of ["pointerdown", "pointermove", "keydown", "scroll"])
    addEventListener(event, look, { passive: true, capture: true })
  document.addEventListener("visibilitychange", look)
  look()
}
