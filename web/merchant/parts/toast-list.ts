import { Observable } from "@shopwire/client"

/** A short message about something that was just done, which can be undone for a while. */
export interface Toast {
  readonly id: number
  readonly text: string
  readonly undo: (() => void) | undefined
}

/** How long a toast is shown, in ms. */
const SHOWN_MS = 10_000
const MOST_SHOWN = 3

/** The toasts that are shown, the newest last. */
export const toasts = new Observable<readonly Toast[]>([])

let last = 0

/** Shows a message for 10 s, with a way to undo what it is about. */
export function showToast(text: string, undo?: () => void): void {
  last++
  const id = last
  toasts.set([...toasts.get(), { id, text, undo }].slice(-MOST_SHOWN))
  setTimeout(() => hideToast(id), SHOWN_MS)
}

export function hideToast(id: number): void {
  const left = toasts.get().filter((toast) => toast.id !== id)
  if (left.length < toasts.get().length) toasts.set(left)
}
