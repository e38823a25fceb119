import { setTimeout as sleep } from "node:timers/promises"

/** Works on one shop after the other, with a pause after each: however many are asked for at once, it takes a small share of the time. */
export class PacedShops {
  readonly #pauseMs: number
  readonly #work: (shopId: string) => Promise<void>
  readonly #due = new Set<string>()
  readonly #stopping = new AbortController()
  #working: Promise<void> | undefined

  /** @param work on a shop; must not reject */
  constructor(pauseMs: number, work: (shopId: string) => Promise<void>) {
    this.#pauseMs = pauseMs
    this.#work = work
  }

  /** Asks for work on a shop, which is done when it is its turn. */
  request(shopId: string): void {
    if (this.#stopping.signal.aborted) return
    this.#due.add(shopId)
    this.#working ??= this.#workOnAll().finally(() => {
      this.#working = undefined
    })
  }

  /** Does no work on some shops that wait for it. */
  forgetWhere(condition: (shopId: string) => boolean): void {
    for (const shopId of this.#due) if (condition(shopId)) this.#due.delete(shopId)
  }

  /** Begins no more work. Resolves when the current one is done. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#working
  }

  async #workOnAll(): Promise<void> {
    const { signal } = this.#stopping
    for (const shopId of this.#due) {
      this.#due.delete(shopId)
      await this.#work(shopId)
      await sleep(this.#pauseMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
    }
  }
}
