/**
 * Runs one task at a time for each key. What is asked for while a key's task runs is run once afterwards, with the latest task. Tasks must
 * not throw.
 */
export class LatestTasks {
  readonly #max: number
  /** What runs, with the task that comes next, by key. */
  readonly #running = new Map<string, (() => Promise<void>) | undefined>()

  /** @param max most keys at a time; a task for another one is dropped */
  constructor(max: number) {
    this.#max = max
  }

  run(key: string, task: () => Promise<void>): void {
    if (this.#running.has(key)) this.#running.set(key, task)
    else if (this.#running.size < this.#max) void this.#run(key, task)
  }

  async #run(key: string, first: () => Promise<void>): Promise<void> {
    for (let task: (() => Promise<void>) | undefined = first; task !== undefined; task = this.#running.get(key)) {
      this.#running.set(key, undefined)
      await task()
    }
    this.#running.delete(key)
  }
}
