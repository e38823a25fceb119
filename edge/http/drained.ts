import type { ServerResponse } from "node:http"

/** Resolves when the client has taken the waiting data, or is gone. After `stallMs` the client is cut off. */
export async function drained(res: ServerResponse, stallMs: number): Promise<void> {
  if (res.writableNeedDrain && !res.destroyed) await taken(res, "drain", stallMs)
}

/**
 * Ends an answer. Resolves when the client has taken all of it, or is gone. After `stallMs` the client is cut off.
 */
export async function ended(res: ServerResponse, stallMs: number): Promise<void> {
  if (res.destroyed) return
  res.end()
  if (!res.writableFinished) await taken(res, "finish", stallMs)
}

async function taken(res: ServerResponse, event: "drain" | "finish", stallMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      res.off(event, done)
      res.off("close", done)
      resolve()
    }
    const timer = setTimeout(() => res.destroy(), stallMs)
    res.once(event, done)
    res.once("close", done)
  })
}
