import { useCallback, useSyncExternalStore } from "react"

const PREFIX = "shopwire."
const listeners = new Set<() => void>()
const parsed = new Map<string, { text: string | null; value: unknown }>()

addEventListener("storage", tell)

function tell(): void {
  for (const listener of [...listeners]) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** What is kept in this browser under a name, or `fallback`; the same object until it changes. */
export function readLocal<T>(name: string, fallback: T): T {
  const text = localStorage.getItem(PREFIX + name)
  const known = parsed.get(name)
  if (known !== undefined && known.text === text) return known.value as T
  let value: unknown = fallback
  try {
    if (text !== null) value = JSON.parse(text)
  } catch {
    // Somebody else's: as if there was nothing.
  }
  parsed.set(name, { text, value })
  return value as T
}

export function writeLocal(name: string, value: unknown): void {
  localStorage.setItem(PREFIX + name, JSON.stringify(value))
  tell()
}

/** State that is kept in this browser, and is the same in all its tabs. */
export function useLocal<T>(name: string, fallback: T): [T, (value: T) => void] {
  const value = useSyncExternalStore(subscribe, () => readLocal(name, fallback))
  const set = useCallback((next: T) => writeLocal(name, next), [name])
  return [value, set]
}
