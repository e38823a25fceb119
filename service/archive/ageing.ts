import type { Db } from "mongodb"
import type { Logger } from "res-service"
import type { BackOff } from "./back-off.ts"

export const DAY_MS = 24 * 60 * 60 * 1000
/** How often old documents are deleted, in ms. */
const INTERVAL_MS = 60 * 60 * 1000

/** Deletes documents beyond their greatest age. Not every server has TTL indexes, so each archiver deletes; doing it twice does no harm. */
export async function deleteOld(db: Db, maxAgeDays: number, now: number): Promise<{ events: number; baskets: number }> {
  const oldest = new Date(now - maxAgeDays * DAY_MS)
  const events = await db.collection("events").deleteMany({ received_at: { $lt: oldest } })
  const baskets = await db.collection("baskets").deleteMany({ last_at: { $lt: oldest } })
  return { events: events.deletedCount, baskets: baskets.deletedCount }
}

/** Deletes old documents now and every hour. Returns a function that stops it. @param maxAgeDays 0: no limit */
export function keepYoung(db: Db, maxAgeDays: number, backOff: BackOff, logger: Logger): () => void {
  if (maxAgeDays === 0) return () => {}
  const work = async (): Promise<void> => {
    const deleted = await backOff.persist("delete what is too old", () => deleteOld(db, maxAgeDays, Date.now()))
    if (deleted.events + deleted.baskets > 0) logger.info(deleted, "deleted what is too old")
  }
  // It only rejects while the archiver stops.
  const workOn = (): void => void work().catch(() => {})
  workOn()
  const working = setInterval(workOn, INTERVAL_MS)
  return () => clearInterval(working)
}
