import { LatestTasks } from "../latest-tasks.ts"
import type { LogRecord } from "../log/entry.ts"
import type { SessionOwner } from "../shared-baskets.ts"

/** Most baskets about which sessions are being told; others are told of with their next event, or read after some seconds. */
const MAX_NEWS = 1000

/** Tells sessions of new events of the baskets that are carts in them. For the owner of the shops. */
export class SharedBasketNews {
  readonly #sessions: SessionOwner
  readonly #news = new LatestTasks(MAX_NEWS)

  constructor(sessions: SessionOwner) {
    this.#sessions = sessions
  }

  /** Call it after a new record of the log was applied. */
  add(record: LogRecord): void {
    if (!("event" in record) || typeof record.event.shared_session !== "string") return
    const { shared_session, shop_id, session_id } = record.event
    this.#news.run(`${shared_session} ${shop_id} ${session_id}`, () =>
      // The session reads its baskets again by itself.
      this.#sessions.changed(shared_session, { shop_id, session_id }).catch(() => {}),
    )
  }
}
