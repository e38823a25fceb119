/** Lets at most `limit` asynchronous tasks run at a time. */
export class Throttle {
  readonly #limit: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Starts `task` now, or when another one is done. The task must call `done` exactly once. */
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
