/**
 * Runs long work in small steps, one in each turn of the event loop, so that requests are answered in between. Tasks take turns,
 * so a long one does not block the others.
 */
export class Turns {
  readonly #tasks: (() => boolean)[] = []
  #next: NodeJS.Immediate | undefined

  /** Runs a step of `task` each time it is its turn, until one returns true: the task is done. */
  add(task: () => boolean): void {
    this.#tasks.push(task)
    this.#next ??= setImmediate(() => this.#run())
  }

  #run(): void {
    const task = this.#tasks.shift()
    if (task !== undefined && !task()) this.#tasks.push(task)
    this.#next = this.#tasks.length === 0 ? undefined : setImmediate(() => this.#run())
  }
}
