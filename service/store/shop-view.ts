import { type CollectionEvents, dataValue, type ModelEvents, type Reference, reference } from "res-service"
import type { ContentOf } from "res-service/contract"
import type * as contract from "../../contract/store.ts"
import { differences } from "../differences.ts"
import { listChanges } from "../list-changes.ts"
import type { LogRecord } from "../log/entry.ts"
import { type Basket, isIdle, shownBasket } from "../projections/basket.ts"
import {
  abandonedList,
  applyRecord,
  becameIdle,
  nextList,
  openTotals,
  orderList,
  type Shop,
} from "../projections/shop.ts"
import { nextChangeAt, shownStats } from "../projections/stats.ts"
import type { DayBook } from "./day-book.ts"
import { type DayEventSenders, DayView } from "./day-view.ts"
import { Figure } from "./figure.ts"

/** Least time between two changes of a basket, or of a list of baskets, in ms. Eyes can follow ten a second. */
const BASKET_INTERVAL_MS = 100
/** Least time between two changes of the figures, in ms. */
const STATS_INTERVAL_MS = 1000

export type BasketModel = ContentOf<typeof contract.basket>
export type StatsModel = ContentOf<typeof contract.stats>

/** The resources that are lists of references to baskets. */
export type ListName = "baskets" | "orders" | "abandoned"

/** The senders of events of a shop's resources. Use them in the shop's queue. */
export interface ShopEventSenders extends DayEventSenders, Readonly<Record<ListName, CollectionEvents<Reference>>> {
  readonly stats: ModelEvents<StatsModel>
  basket(sessionId: string): ModelEvents<BasketModel>
}

/** What the watchers of a shop's open baskets were last sent. */
export interface ShownBaskets {
  /** Sequence of the last record of the shop's state. */
  readonly seq: number
  /** In the list's order; without a model if nobody looks at the basket. Undefined: nobody looks at the list. */
  readonly baskets: readonly (readonly [sessionId: string, BasketModel | undefined])[] | undefined
}

/** The names of a shop's resources. */
export interface ShopNames {
  basket(sessionId: string): string
  day(date: string): string
}

interface BasketList {
  readonly ids: readonly string[]
  /** Sequence of the last record that the list includes. */
  readonly seq: number
  /** For which time it was made, in ms since the epoch. */
  readonly at: number
}

/** How each list is made. @param before the list as it was last sent */
const nextIds: Readonly<Record<ListName, (shop: Shop, now: number, before: BasketList) => readonly string[]>> = {
  baskets: (shop, now, { ids, seq }) => nextList(ids, shop, seq, now),
  orders: orderList,
  abandoned: abandonedList,
}

/**
 * A shop that somebody looks at: its state, and the state that was last sent to its watchers. It sends changes of the resources that
 * somebody has got, and of no others. Call all methods in the shop's queue; `now` is in ms since the epoch.
 */
export class ShopView {
  /** The shop's days, which have a queue of their own. */
  readonly days: DayView
  readonly #events: ShopEventSenders
  readonly #names: ShopNames
  readonly #baskets = new Map<string, Figure<BasketModel>>()
  #shop: Shop
  readonly #lists = new Map<ListName, Figure<BasketList>>()
  #stats: Figure<StatsModel> | undefined
  #statsChangeAt = 0
  #shownChanges = 0
  /** Session IDs of baskets with changes that are not sent yet. */
  readonly #changed = new Set<string>()

  /** @param book the figures of the shop's days, with all records that are in `shop` */
  constructor(shop: Shop, book: DayBook, events: ShopEventSenders, names: ShopNames) {
    this.#shop = shop
    this.#events = events
    this.#names = names
    this.days = new DayView(book, events, () => this.#shop, names.day)
  }

  /** What the watchers of the open baskets were last sent. */
  get shown(): ShownBaskets {
    const ids = this.#lists.get("baskets")?.shown.ids
    return { seq: this.#shop.seq, baskets: ids?.map((id) => [id, this.#baskets.get(id)?.shown] as const) }
  }

  /** Grows whenever `shown` has changed, but for `seq`. */
  get shownChanges(): number {
    return this.#shownChanges
  }

  /** The shop's state. Do not change it. */
  get shop(): Shop {
    return this.#shop
  }

  /** Applies records of the log, and sends the changes that are due. */
  add(records: readonly LogRecord[], now: number): void {
    for (const record of records) {
      const before = this.#shop.baskets.get("event" in record ? record.event.session_id : record.work.session_id)
      const { shop, changed, day } = applyRecord(this.#shop, record)
      this.#shop = shop
      if (day !== undefined) this.days.add(day)
      if (before !== undefined) this.days.basketChanges(before)
      for (const id of changed) this.#touch(id)
    }
    if (records.length === 0) return
    for (const list of this.#lists.values()) list.touch()
    this.#stats?.touch()
    this.tell(now)
  }

  /** The references of a list. Watchers have been sent what this returns. */
  list(name: ListName, now: number): Reference[] {
    let figure = this.#lists.get(name)
    if (figure === undefined) {
      const none: BasketList = { ids: [], seq: this.#shop.seq, at: now }
      figure = new Figure(this.#nextList(name, none, now), BASKET_INTERVAL_MS)
      this.#lists.set(name, figure)
      this.#shownChanges++
    }
    this.#tellLists(now)
    return figure.shown.ids.map((id) => reference(this.#names.basket(id)))
  }

  /** A basket; undefined when there is none. Watchers have been sent what this returns. */
  basket(id: string, now: number): BasketModel | undefined {
    const basket = this.#shop.baskets.get(id)
    if (basket === undefined) return undefined
    const figure = this.#baskets.get(id)
    if (figure !== undefined) this.#tellBasket(id, figure, now)
    else {
      this.#baskets.set(id, new Figure(basketModel(basket, now), BASKET_INTERVAL_MS))
      this.#shownChanges++
    }
    return this.#baskets.get(id)?.shown
  }

  /** Sends the current state of a basket to its watchers, even if the last change was sent just now. */
  tellBasket(id: string, now: number): void {
    const figure = this.#baskets.get(id)
    if (figure !== undefined) this.#tellBasket(id, figure, now)
  }

  /** The figures. They may be a second old, as they are for watchers. */
  stats(now: number): StatsModel {
    this.#stats ??= this.#firstStats(now)
    return this.#stats.shown
  }

  /** True when a change is due. */
  isDue(now: number): boolean {
    if (this.#stats?.isDue(now)) return true
    for (const list of this.#lists.values()) if (list.isDue(now)) return true
    for (const id of this.#changed) if (this.#baskets.get(id)?.isDue(now)) return true
    return false
  }

  /** Applies what time alone changes: baskets become idle, minutes end. Call it about once a second. */
  passTime(now: number): void {
    const becomesIdle = (id: string): boolean => {
      const basket = this.#shop.baskets.get(id)
      return basket !== undefined && isIdle(basket, now)
    }
    for (const list of this.#lists.values()) if (becameIdle(this.#shop, list.shown.at, now)) list.touch()
    for (const [id, { shown }] of this.#baskets) if (shown.status === "open" && becomesIdle(id)) this.#touch(id)
    if (now >= this.#statsChangeAt) this.#stats?.touch()
  }

  /**
   * Sends the changes that are due. Baskets first, so that a client that follows a new reference finds the current basket; deletions
   * last, when no reference is left.
   */
  tell(now: number): void {
    const gone: string[] = []
    for (const id of this.#changed) {
      const figure = this.#baskets.get(id)
      if (figure === undefined) this.#changed.delete(id)
      else if (!this.#shop.baskets.has(id)) gone.push(id)
      else if (figure.isDue(now)) this.#tellBasket(id, figure, now)
    }
    if (gone.length > 0 || [...this.#lists.values()].some((list) => list.isDue(now))) this.#tellLists(now)
    for (const id of gone) {
      this.#changed.delete(id)
      this.#baskets.delete(id)
      this.#events.basket(id).delete()
    }
    if (this.#stats?.isDue(now)) this.#tellStats(this.#stats, now)
  }

  #touch(id: string): void {
    const figure = this.#baskets.get(id)
    if (figure === undefined) return
    figure.touch()
    this.#changed.add(id)
  }

  #tellBasket(id: string, figure: Figure<BasketModel>, now: number): void {
    const basket = this.#shop.baskets.get(id)
    if (basket === undefined) return // `tell` sends its deletion
    this.#changed.delete(id)
    const next = basketModel(basket, now)
    const changed = differences(figure.shown, next)
    if (Object.keys(changed).length > 0) this.#shownChanges++
    this.#events.basket(id).change(changed)
    figure.show(next, now)
  }

  /** All lists together, and first where baskets come: one that goes from a list to another must not be in none of them meanwhile. */
  #tellLists(now: number): void {
    const lists = [...this.#lists].map(([name, figure]) => {
      return { name, figure, before: new Set(figure.shown.ids), next: this.#nextList(name, figure.shown, now) }
    })
    const receives = ({ before, next }: (typeof lists)[number]): boolean =>
      next.ids.some((id) => !before.has(id) && lists.some((other) => other.before.has(id)))
    const [first, last] = [lists.filter(receives), lists.filter((list) => !receives(list))]
    for (const { name, figure, next } of [...first, ...last]) this.#tellList(name, figure, next, now)
  }

  #tellList(name: ListName, figure: Figure<BasketList>, next: BasketList, now: number): void {
    for (const change of listChanges(figure.shown.ids, next.ids)) {
      this.#shownChanges++
      if (change.type === "remove") this.#events[name].remove(change.index)
      else this.#events[name].add(reference(this.#names.basket(change.id)), change.index)
    }
    figure.show(next, now)
  }

  #nextList(name: ListName, before: BasketList, now: number): BasketList {
    return { ids: nextIds[name](this.#shop, now, before), seq: this.#shop.seq, at: now }
  }

  #firstStats(now: number): Figure<StatsModel> {
    const figure = new Figure(this.#statsModel(now), STATS_INTERVAL_MS)
    // The answer to this get has just shown it.
    figure.show(figure.shown, now)
    return figure
  }

  #tellStats(figure: Figure<StatsModel>, now: number): void {
    const next = this.#statsModel(now)
    this.#events.stats.change(differences(figure.shown, next))
    figure.show(next, now)
  }

  #statsModel(now: number): StatsModel {
    this.#statsChangeAt = nextChangeAt(this.#shop.stats, now)
    const { minutes, top_products, ...figures } = shownStats(this.#shop.stats, openTotals(this.#shop, now), now)
    return { ...figures, minutes: dataValue(minutes), top_products: dataValue(top_products) }
  }
}

function basketModel(basket: Basket, now: number): BasketModel {
  const { lines, ...rest } = shownBasket(basket, now)
  return { ...rest, lines: dataValue(lines) }
}
