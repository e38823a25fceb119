/** Lets at most `limit` asynchronous tasks run at a time. */
export class Throttle {
  readonly #limit: number
  #running = 0
  #starting = false
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  get idle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0
  }

  /** Starts `task` now, or when another one is done. The task must call `done` exactly once. */
  add(task: () => void): void {
    this.#waiting.push(task)
    this.#start()
  }

  done(): void {
    this.#running--
    this.#start()
  }

  // A loop, since a task may be done at once: thousands of those would be too many nested calls.
  #start(): void {
    if (this.#starting) return
    this.#starting = true
    try {
      while (this.#running < this.#limit) {
        const next = this.#waiting.shift()
        if (next === undefined) break
        this.#running++
        next()
      }
    } finally {
      this.#starting = false
    }
  }
}
