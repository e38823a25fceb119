import { type CollectionEvents, dataValue, type ModelEvents, type Reference, reference } from "res-service"
import type { ContentOf } from "res-service/contract"
import type { day } from "../../contract/store.ts"
import { differences } from "../differences.ts"
import type { Basket } from "../projections/basket.ts"
import { type DayRecord, shownDay } from "../projections/day.ts"
import { abandonedBetween, type Shop } from "../projections/shop.ts"
import type { DayBook, DaySettings } from "./day-book.ts"
import { Figure } from "./figure.ts"

/** Least time between two changes of a day, in ms. */
const DAY_INTERVAL_MS = 1000

export type DayModel = ContentOf<typeof day>

/** The senders of events of a shop's days. Use them in the queue of the shop's days. */
export interface DayEventSenders {
  readonly days: CollectionEvents<Reference>
  day(date: string): ModelEvents<DayModel>
}

/**
 * The days of a shop that somebody looks at. It sends changes of the days that somebody has got, and of no others. Of all days only today is
 * kept as it was sent: a change of another one has all its members, and gateways pass on those that differ.
 *
 * Call the async methods in the queue of the shop's days; `now` is in ms since the epoch.
 */
export class DayView {
  readonly #book: DayBook
  readonly #events: DayEventSenders
  readonly #shop: () => Shop
  readonly #rid: (date: string) => string
  #settings: DaySettings | undefined
  /** The days that somebody has got, by date. */
  readonly #figures = new Map<string, Figure<undefined>>()
  /** Today, as it was last sent. */
  #today: { readonly date: string; readonly model: DayModel } | undefined
  /** The date of the only day of the list, as it was last sent. */
  #listed: string | undefined
  #passedAt = 0

  /** @param shop the shop as it is now @param rid gives the resource name of a date's day */
  constructor(book: DayBook, events: DayEventSenders, shop: () => Shop, rid: (date: string) => string) {
    this.#book = book
    this.#events = events
    this.#shop = shop
    this.#rid = rid
  }

  /** Takes the next record of the shop's log. */
  add(record: DayRecord): void {
    for (const date of this.#book.add(record)) this.#figures.get(date)?.touch()
  }

  /** Notes that a basket changes, which is given as it was before: if it was abandoned, it was so on the day of its last activity. */
  basketChanges({ checkout, lastAt }: Basket): void {
    if (checkout === undefined && this.#figures.size > 0)
      this.#figures.get(this.#settings?.clock.dateAt(lastAt) ?? "")?.touch()
  }

  /** Stores all days as they are now. */
  async store(): Promise<void> {
    await this.#book.store()
  }

  /** A day. Today may be a second old, as it is for watchers. */
  async day(date: string, now: number): Promise<DayModel> {
    const settings = await this.#open(now)
    const known = this.#figures.get(date)
    if (known !== undefined && this.#today?.date === date) return this.#today.model
    const figure = known ?? new Figure(undefined, DAY_INTERVAL_MS)
    this.#figures.set(date, figure)
    return await this.#next(date, figure, settings, now)
  }

  /** The list of days without a query: today. Watchers have been sent what this returns. */
  async list(now: number): Promise<Reference[]> {
    const { clock } = await this.#open(now)
    this.#listed ??= clock.dateAt(now)
    this.#tellList(this.#listed, clock.dateAt(now))
    return [reference(this.#rid(this.#listed))]
  }

  /** True when a change is due. */
  isDue(now: number): boolean {
    if (this.#listed !== undefined && this.#listed !== this.#settings?.clock.dateAt(now)) return true
    for (const figure of this.#figures.values()) if (figure.isDue(now)) return true
    return false
  }

  /** Applies what time alone changes: baskets are abandoned. Call it about once a second. */
  passTime(now: number): void {
    if (this.#settings === undefined || this.#figures.size === 0) return
    const { clock, abandonedAfterMs } = this.#settings
    const [from, to] = [this.#passedAt - abandonedAfterMs, now - abandonedAfterMs]
    this.#passedAt = now
    for (const { checkout, lastAt } of this.#shop().baskets.values())
      if (checkout === undefined && lastAt > from && lastAt <= to) this.#figures.get(clock.dateAt(lastAt))?.touch()
  }

  /** Sends the changes that are due. */
  async tell(now: number): Promise<void> {
    const settings = await this.#open(now)
    if (this.#listed !== undefined) this.#tellList(this.#listed, settings.clock.dateAt(now))
    for (const [date, figure] of this.#figures) {
      if (!figure.isDue(now)) continue
      const before = this.#today?.date === date ? this.#today.model : undefined
      const next = await this.#next(date, figure, settings, now)
      this.#events.day(date).change(before === undefined ? next : differences(before, next))
    }
  }

  async #open(now: number): Promise<DaySettings> {
    if (this.#settings === undefined) {
      this.#settings = await this.#book.settings()
      this.#passedAt = now
    }
    return this.#settings
  }

  #tellList(listed: string, date: string): void {
    if (listed === date) return
    this.#events.days.remove(0)
    this.#events.days.add(reference(this.#rid(date)), 0)
    this.#listed = date
  }

  /** A day as it is now, which is then shown. */
  async #next(date: string, figure: Figure<undefined>, settings: DaySettings, now: number): Promise<DayModel> {
    const { clock, abandonedAfterMs } = settings
    // Before the day is read, so that no record is missed that comes meanwhile.
    figure.show(undefined, now)
    try {
      const figures = await this.#book.day(date)
      const [start, end] = [clock.startOf(date), clock.endOf(date)]
      const abandoned = abandonedBetween(this.#shop(), start, end, now, abandonedAfterMs)
      const { slices, top_products, ...rest } = shownDay(figures, clock, date, abandoned)
      const model = { ...rest, slices: dataValue(slices), top_products: dataValue(top_products) }
      if (date === clock.dateAt(now)) this.#today = { date, model }
      else if (date === this.#today?.date) this.#today = undefined
      return model
    } catch (error) {
      figure.touch()
      throw error
    }
  }
}
