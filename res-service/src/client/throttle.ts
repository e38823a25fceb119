/** Lets at most `limit` tasks be under way; each says when it is done. */
export class Throttle {
  readonly #limit: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Starts `task` now or when another is done. It must lead to exactly one call of `done`. */
  add(task: () => void): void {
    if (this.#running >= this.#limit) {
      this.#waiting.push(task)
      return
    }
    this.#running++
    task()
  }

  done(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running--
  }
}
