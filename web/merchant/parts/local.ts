import { shelf } from "@shopwire/client"
import { useCallback, useSyncExternalStore } from "react"

const PREFIX = "shopwire."
const local = shelf(() => localStorage)
const listeners = new Set<() => void>()
const known = new Map<string, { text: string | null; value: unknown }>()

addEventListener("storage", tell)

/** A value that this browser keeps. */
export interface Kept<T> {
  readonly name: string
  /** A usable value from the stored one, which may be anything; undefined when nothing is stored. */
  readonly read: (found: unknown) => T
}

function tell(): void {
  for (const listener of [...listeners]) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** The kept value; the same object until it changes. */
export function readLocal<T>({ name, read }: Kept<T>): T {
  const text = local.getItem(PREFIX + name)
  const before = known.get(name)
  if (before !== undefined && before.text === text) return before.value as T
  const value = read(parsed(text))
  known.set(name, { text, value })
  return value
}

export function writeLocal<T>({ name }: Kept<T>, value: T): void {
  local.setItem(PREFIX + name, JSON.stringify(value))
  tell()
}

/** State that is kept in this browser, and is the same in all its tabs. */
export function useLocal<T>(kept: Kept<T>): [T, (value: T) => void] {
  const value = useSyncExternalStore(subscribe, () => readLocal(kept))
  const set = useCallback((next: T) => writeLocal(kept, next), [kept])
  return [value, set]
}

/** The value of a JSON text; undefined when the text is not JSON. */
export function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
