/**
 * What was computed of an object before, or computes it. Only of objects that never change: sessions, members and carts are replaced by
 * new ones, and those that stay the same stay the same objects.
 */
export function known<K extends object, T>(all: WeakMap<K, T>, of: K, compute: () => T): T {
  const found = all.get(of)
  if (found !== undefined) return found
  const computed = compute()
  all.set(of, computed)
  return computed
}
