import type { Watcher } from "../../contract/watcher.ts"

/** Most screens of a shop. More are not shown. */
export const MAX_SCREENS = 50

/** After this time without a call, in ms, it is asked whether a screen's connection is alive. */
const LEASE_MS = 8000
/** A screen that has not called for this time, in ms, does not look at the shop any more. Pages call every 5 s. */
const HERE_MS = 15_000
/** The same for a screen that is idle: the timers of a hidden page run once a minute. */
const IDLE_MS = 90_000

interface Screen extends Omit<Watcher, "presence"> {
  readonly idle: boolean
  /** By the monotonic clock, as all times here, in ms. */
  calledAt: number
  /** The last proof that its connection lives. */
  aliveAt: number
}

/** A screen's connection, and the shop that it looks at. */
export interface Look {
  readonly shopId: string
  readonly cid: string
}

/** The screens on which somebody looks at a shop, as their pages say every few seconds. */
export class Screens {
  readonly #now: () => number
  /** By shop and connection, in the order of coming. */
  readonly #shops = new Map<string, Map<string, Screen>>()

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** The number of screens in it. */
  get size(): number {
    return [...this.#shops.values()].reduce((sum, { size }) => sum + size, 0)
  }

  of(shopId: string): readonly Watcher[] {
    const screens = [...(this.#shops.get(shopId)?.values() ?? [])]
    return screens.map(({ id, name, since, idle }) => ({ id, name, since, presence: idle ? "idle" : "here" }))
  }

  /** A screen looks at a shop. Does nothing for a new one if the shop has its most. */
  called({ shopId, cid }: Look, { id, name, idle }: Pick<Screen, "id" | "name" | "idle">): void {
    const screens = this.#shops.get(shopId) ?? new Map<string, Screen>()
    const now = this.#now()
    const known = screens.get(cid)
    if (known === undefined && screens.size >= MAX_SCREENS) return
    const since = known?.since ?? new Date().toISOString()
    screens.set(cid, { id, name, since, idle, calledAt: now, aliveAt: now })
    this.#shops.set(shopId, screens)
  }

  /** Records that the connection of a screen is alive although it has not called. */
  proved({ shopId, cid }: Look): void {
    const screen = this.#shops.get(shopId)?.get(cid)
    if (screen !== undefined) screen.aliveAt = this.#now()
  }

  /** Screens whose connection must be asked for, and screens that have not called for too long. */
  overdue(): { readonly silent: readonly Look[]; readonly gone: readonly Look[] } {
    const [silent, gone]: [Look[], Look[]] = [[], []]
    const now = this.#now()
    for (const [shopId, screens] of this.#shops) {
      for (const [cid, { idle, calledAt, aliveAt }] of screens) {
        if (now - calledAt > (idle ? IDLE_MS : HERE_MS)) gone.push({ shopId, cid })
        else if (now - aliveAt > LEASE_MS) silent.push({ shopId, cid })
      }
    }
    return { silent, gone }
  }

  remove({ shopId, cid }: Look): void {
    const screens = this.#shops.get(shopId)
    screens?.delete(cid)
    if (screens?.size === 0) this.#shops.delete(shopId)
  }

  /** Gives every screen its full time again. */
  restart(): void {
    const now = this.#now()
    for (const screens of this.#shops.values()) {
      for (const screen of screens.values()) screen.calledAt = screen.aliveAt = now
    }
  }

  dropWhere(condition: (shopId: string) => boolean): void {
    for (const shopId of this.#shops.keys()) if (condition(shopId)) this.#shops.delete(shopId)
  }
}
