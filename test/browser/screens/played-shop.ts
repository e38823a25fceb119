import { type HistoryFilter, matcherOf } from "../../../contract/history.ts"
import { FEED_LIMIT } from "../../../contract/limits.ts"
import type { Profile } from "../../../contract/profile.ts"
import type { ShownEvent } from "../../../contract/publish-event.ts"
import { basket, day } from "../../../contract/store.ts"
import type { LogRecord } from "../../../service/log/entry.ts"
import { emptyShop } from "../../../service/projections/shop.ts"
import { ShopView } from "../../../service/store/shop-view.ts"
import { StoredDays } from "../../helpers/stored-days.ts"
import { NOW } from "./played-log.ts"

/** Senders of events that nobody gets: nothing changes. */
const unheard = {
  name: "",
  add() {},
  remove() {},
  change() {},
  delete() {},
  create() {},
  reaccess() {},
  reset() {},
  event() {},
}

/** A shop as the service's own projections make it from a log, at a moment that does not pass. */
export class PlayedShop {
  readonly profile: Profile
  readonly view: ShopView
  /** Newest first. */
  readonly #events: readonly ShownEvent[]

  constructor(shop_id: string, profile: Profile, records: readonly LogRecord[]) {
    this.profile = profile
    const days = new StoredDays()
    days.profile = profile
    this.view = new ShopView(
      emptyShop(),
      days.book(),
      { ...lists, stats: unheard, basket: () => unheard, day: () => unheard },
      {
        basket: (session_id) => basket.name({ shop_id, session_id }),
        day: (date) => day.name({ shop_id, date }),
      },
    )
    this.view.add(records, NOW)
    this.#events = records.flatMap((record) => ("event" in record ? [record.event] : [])).toReversed()
  }

  /** Sequence of the last record. */
  get seq(): number {
    return this.view.shop.seq
  }

  get feed(): readonly ShownEvent[] {
    return this.#events.slice(0, FEED_LIMIT)
  }

  older({ before, limit, ...filter }: HistoryFilter & { before: number; limit: number }): readonly ShownEvent[] {
    const matches = matcherOf(filter)
    return this.#events.filter((event) => event.seq < before && matches(event)).slice(0, limit)
  }
}

const lists = { baskets: unheard, orders: unheard, abandoned: unheard, days: unheard }
