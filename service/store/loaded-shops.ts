/** How long a loaded shop may be idle, and how long gateways get to ask for it again. */
export interface IdleTimes {
  readonly idleMs: number
  readonly graceMs: number
}

interface Loaded<T> {
  readonly content: T
  /** The last `get`, in ms since the epoch. */
  usedAt: number
  /** When its watchers, if there are any, were made to `get` it again. */
  resetAt: number | undefined
}

/**
 * What is loaded of shops because somebody looks at them. A shop is loaded by its first `get`; one that is idle is reset, and
 * dropped if nobody asks for it again. A shop that is not loaded costs nothing.
 */
export class LoadedShops<T> implements Iterable<[shopId: string, content: T]> {
  readonly #shops = new Map<string, Loaded<T>>()

  get size(): number {
    return this.#shops.size
  }

  *[Symbol.iterator](): Iterator<[string, T]> {
    for (const [shopId, { content }] of this.#shops) yield [shopId, content]
  }

  get(shopId: string): T | undefined {
    return this.#shops.get(shopId)?.content
  }

  /** As `get`, for somebody who looks at it: it is not idle. */
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

  /** Forgets a shop, if `content` is what is loaded of it. */
  drop(shopId: string, content: T): void {
    if (this.get(shopId) === content) this.#shops.delete(shopId)
  }

  /** Forgets all, without a word to those who look. */
  clear(): void {
    this.#shops.clear()
  }

  /**
   * Makes room: for shops without a `get` for `idleMs` it returns their IDs, for them to be reset; whoever still watches them
   * will `get` them again. Those for which nobody did within `graceMs` are dropped.
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
