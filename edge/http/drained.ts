import type { ServerResponse } from "node:http"
import { occurrences, type SlowDoor } from "../../observe/occurrences.ts"

/** Resolves when the client has taken the waiting data, or is gone. After `stallMs` the client is cut off. */
export async function drained(res: ServerResponse, door: SlowDoor, stallMs: number): Promise<void> {
  if (res.writableNeedDrain && !res.destroyed) await taken(res, "drain", door, stallMs)
}

/**
 * Ends an answer. Resolves when the client has taken all of it, or is gone. After `stallMs` the client is cut off.
 */
export async function ended(res: ServerResponse, door: SlowDoor, stallMs: number): Promise<void> {
  if (res.destroyed) return
  res.end()
  if (!res.writableFinished) await taken(res, "finish", door, stallMs)
}

async function taken(res: ServerResponse, event: "drain" | "finish", door: SlowDoor, stallMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      res.off(event, done)
      res.off("close", done)
      resolve()
    }
    const timer = setTimeout(() => {
      occurrences.slowClient.tell(door)
      res.destroy()
    }, stallMs)
    res.once(event, done)
    res.once("close", done)
  })
}
