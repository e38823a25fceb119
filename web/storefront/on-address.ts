/** How often to check the address in browsers that do not report `pushState`, in ms. */
const LOOK_MS = 1000

/** Calls `onChange` with the page's address whenever it changes, also without a load: shops change pages by `pushState`. */
export function onAddress(onChange: (address: string) => void): void {
  let last = location.href
  const look = (): void => {
    if (location.href === last) return
    last = location.href
    onChange(last)
  }
  // The Navigation API; not every browser has it.
  const { navigation } = window as { readonly navigation?: EventTarget }
  if (navigation === undefined) setInterval(look, LOOK_MS)
  else navigation.addEventListener("currententrychange", look)
  addEventListener("popstate", look)
}
