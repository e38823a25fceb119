/** The used part of a `Storage`. */
export interface Shelf {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/**
 * A storage of the browser that never throws. A page may have no storage (blocked cookies, a sandboxed frame), or a full one.
 * Then the page itself keeps the value until it is closed.
 *
 * @param storage returns `localStorage` or `sessionStorage`; reading either may throw
 */
export function shelf(storage: () => Shelf | null | undefined): Shelf {
  const own = new Map<string, string | null>()
  const change = (key: string, value: string | null, apply: (storage: Shelf) => void): void => {
    try {
      const found = storage()
      if (!found) throw new Error("there is no storage")
      apply(found)
      own.delete(key)
    } catch {
      own.set(key, value)
    }
  }
  return {
    getItem: (key) => {
      const kept = own.get(key)
      if (kept !== undefined) return kept
      try {
        return storage()?.getItem(key) ?? null
      } catch {
        return null
      }
    },
    setItem: (key, value) => change(key, value, (found) => found.setItem(key, value)),
    removeItem: (key) => change(key, null, (found) => found.removeItem(key)),
  }
}
