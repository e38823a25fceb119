import type { ServerResponse } from "node:http"

/** Resolves when the client has taken what waits, or is gone. One that does not within `stallMs` is cut off. */
export async function drained(res: ServerResponse, stallMs: number): Promise<void> {
  if (!res.writableNeedDrain || res.destroyed) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      res.off("drain", done)
      res.off("close", done)
      resolve()
    }
    const timer = setTimeout(() => res.destroy(), stallMs)
    res.once("drain", done)
    res.once("close", done)
  })
}
