/**
 * Calls `listener` when somebody looks at the page again, or the network has changed, until the returned function is called. Node has
 * no pages, so there it never calls.
 */
export function onPageReturn(listener: () => void): () => void {
  if (typeof document === "undefined") return () => {}
  const unlessHidden = (): void => {
    if (!document.hidden) listener()
  }
  addEventListener("online", unlessHidden)
  addEventListener("offline", unlessHidden)
  document.addEventListener("visibilitychange", unlessHidden)
  return () => {
    removeEventListener("online", unlessHidden)
    removeEventListener("offline", unlessHidden)
    document.removeEventListener("visibilitychange", unlessHidden)
  }
}
