/** How long a shop may be idle, and how long gateways then have to get it again. */
export interface IdleTimes {
  readonly idleMs: number
  readonly graceMs: number
}

interface Slot<T> {
  readonly content: T
  /** The last `get`, in ms since the epoch. */
  usedAt: number
  /** When it was reset, so that gateways that still show it get it again. */
  resetAt: number | undefined
}

/**
 * What is loaded of the shops that somebody looks at. The first `get` loads a shop. An idle shop is reset, and dropped if nobody gets it
 * again. A shop that is not loaded costs nothing.
 */
export class WatchedShops<T> implements Iterable<[shopId: string, content: T]> {
  readonly #shops = new Map<string, Slot<T>>()

  get size(): number {
    return this.#shops.size
  }

  *[Symbol.iterator](): Iterator<[string, T]> {
    for (const [shopId, { content }] of this.#shops) yield [shopId, content]
  }

  get(shopId: string): T | undefined {
    return this.#shops.get(shopId)?.content
  }

  /** As `get`, and counts as a use: the shop is not idle. */
  use(shopId: string): T | undefined {
    const loaded = this.#shops.get(shopId)
    if (loaded === undefined) return undefined
    loaded.usedAt = Date.now()
    loaded.resetAt = undefined
    return loaded.content
  }

  add(shopId: string, content: T): void {
    this.#shops.set(shopId, { content, usedAt: Date.now(), resetAt: undefined })
  }

  /** Drops a shop, unless something other than `content` is loaded for it. */
  drop(shopId: string, content: T): void {
    if (this.get(shopId) === content) this.#shops.delete(shopId)
  }

  /** Drops all shops. Their watchers are told nothing. */
  clear(): void {
    this.#shops.clear()
  }

  /**
   * Returns the shops without a `get` for `idleMs`. The caller resets them, so that gateways that still show them get them again. Shops
   * that nobody gets within `graceMs` after that are dropped.
   */
  sweep(now: number, { idleMs, graceMs }: IdleTimes): string[] {
    const toReset: string[] = []
    for (const [shopId, loaded] of this.#shops) {
      if (loaded.resetAt !== undefined && now - loaded.resetAt >= graceMs) this.#shops.delete(shopId)
      else if (loaded.resetAt === undefined && now - loaded.usedAt >= idleMs) {
        loaded.resetAt = now
        toReset.push(shopId)
      }
    }
    return toReset
  }
}
