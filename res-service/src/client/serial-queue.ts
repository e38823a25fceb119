/**
 * Runs tasks one after the other: at once if none is running, else after those before it. While the queue is held, tasks wait,
 * except for those given to `release`.
 */
export class SerialQueue {
  readonly #onError: (error: unknown) => void
  #waiting: (() => void)[] | undefined
  #busy = false
  #holds = 0

  /** `onError`: called with the error of a task that throws. The other tasks still run. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** True when a task given to `run` would run at once. */
  get idle(): boolean {
    return !this.#busy && this.#holds === 0
  }

  run(task: () => void): void
  /** With an argument for `task`: a function for each event of each client would be most of what a gateway allocates. */
  run<T>(task: (arg: T) => void, arg: T): void
  run<T>(task: (arg?: T) => void, arg?: T): void {
    if (!this.idle) {
      this.#waiting ??= []
      this.#waiting.push(() => task(arg))
      return
    }
    this.#perform(task, arg)
    if (this.#waiting) this.#drain()
  }

  /** Makes tasks wait until `release` was called `count` times. */
  hold(count: number): void {
    this.#holds += count
  }

  release(task: () => void): void {
    this.#perform(task)
    this.#holds--
    this.#drain()
  }

  /** Drops all waiting tasks. */
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

  #perform<T>(task: (arg?: T) => void, arg?: T): void {
    this.#busy = true
    try {
      task(arg)
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#busy = false
    }
  }
}
