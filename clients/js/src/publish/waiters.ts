interface Waiter {
  resolve(seq: number): void
  reject(reason: Error): void
}

/** Pending `publish` promises, by event key. */
export class Waiters {
  readonly #all = new Map<number, Waiter>()

  /** Resolves with the sequence of the event with that key. */
  wait(key: number): Promise<number> {
    return new Promise((resolve, reject) => this.#all.set(key, { resolve, reject }))
  }

  has(key: number): boolean {
    return this.#all.has(key)
  }

  keys(): readonly number[] {
    return [...this.#all.keys()]
  }

  resolve(key: number, seq: number): void {
    this.#take(key)?.resolve(seq)
  }

  reject(key: number, reason: Error): void {
    this.#take(key)?.reject(reason)
  }

  #take(key: number): Waiter | undefined {
    const waiter = this.#all.get(key)
    this.#all.delete(key)
    return waiter
  }
}
