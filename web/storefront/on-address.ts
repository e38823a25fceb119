/** How often to check the address in browsers that do not report `pushState`, in ms. */
const LOOK_MS = 1000

/** Calls `onChange` with the page's address whenever it changes, even without a load: shops may change pages with `pushState`. */
export function onAddress(onChange: (address: string) => void): void {
  let last = location.href
  const look = (): void => {
    if (location.href === last) return
    last = location.href
    onChange(last)
  }
  // The Navigation API, which not every browser has.
  const { navigation } = window as { readonly navigation?: EventTarget }
  if (navigation === undefined) setInterval(look, LOOK_MS)
  else navigation.addEventListener("currententrychange", look)
  addEventListener("popstate", look)
}
