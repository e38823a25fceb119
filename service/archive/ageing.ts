import type { Db } from "mongodb"
import type { Logger } from "res-service"
import type { BackOff } from "./back-off.ts"

export const DAY_MS = 24 * 60 * 60 * 1000
/** How often what is too old is looked for, in ms. */
const INTERVAL_MS = 60 * 60 * 1000

/** Deletes what is older than it may be. By hand, for not every server deletes by a TTL index; each archiver does it, which harms nobody. */
export async function deleteOld(db: Db, maxAgeDays: number, now: number): Promise<{ events: number; baskets: number }> {
  const oldest = new Date(now - maxAgeDays * DAY_MS)
  const events = await db.collection("events").deleteMany({ received_at: { $lt: oldest } })
  const baskets = await db.collection("baskets").deleteMany({ last_at: { $lt: oldest } })
  return { events: events.deletedCount, baskets: baskets.deletedCount }
}

/** Deletes what is too old now and every hour. Returns how to stop. @param maxAgeDays 0: nothing is too old */
export function keepYoung(db: Db, maxAgeDays: number, backOff: BackOff, logger: Logger): () => void {
  if (maxAgeDays === 0) return () => {}
  const work = async (): Promise<void> => {
    const deleted = await backOff.persist("delete what is too old", () => deleteOld(db, maxAgeDays, Date.now()))
    if (deleted.events + deleted.baskets > 0) logger.info(deleted, "deleted what is too old")
  }
  // It rejects only when all is being stopped.
  const workOn = (): void => void work().catch(() => {})
  workOn()
  const working = setInterval(workOn, INTERVAL_MS)
  return () => clearInterval(working)
}
