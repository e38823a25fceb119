/**
 * Runs tasks one after the other: at once if none is running, else after those before it. While held, tasks wait; the
 * tasks that release it do not.
 */
export class SerialQueue {
  readonly #onError: (error: unknown) => void
  #waiting: (() => void)[] | undefined
  #busy = false
  #holds = 0

  /** `onError`: told what a task throws, which does not stop the others. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** True when a task given to `run` would run at once. */
  get idle(): boolean {
    return !this.#busy && this.#holds === 0
  }

  run(task: () => void): void {
    if (!this.idle) {
      this.#waiting ??= []
      this.#waiting.push(task)
      return
    }
    this.#perform(task)
    if (this.#waiting) this.#drain()
  }

  /** Lets tasks wait until `release` was called `count` times. */
  hold(count: number): void {
    this.#holds += count
  }

  release(task: () => void): void {
    this.#perform(task)
    this.#holds--
    this.#drain()
  }

  /** Forgets all waiting tasks. */
  clear(): void {
    this.#waiting = undefined
  }

  #drain(): void {
    for (let task = this.#next(); task; task = this.#next()) this.#perform(task)
  }

  #next(): (() => void) | undefined {
    if (!this.idle || !this.#waiting) return undefined
    const task = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#waiting = undefined
    return task
  }

  #perform(task: () => void): void {
    this.#busy = true
    try {
      task()
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#busy = false
    }
  }
}
