/**
 * Something that is shown and whose changes are told: the first one at once, then at most one in `intervalMs`; those in between
 * are told together with the next, so the last state always arrives.
 */
export class Figure<T> {
  readonly #intervalMs: number
  #shown: T
  #toldAt = Number.NEGATIVE_INFINITY
  #changed = false

  constructor(shown: T, intervalMs: number) {
    this.#shown = shown
    this.#intervalMs = intervalMs
  }

  /** What those who watch have been told so far. */
  get shown(): T {
    return this.#shown
  }

  /** It may look otherwise than it is shown. */
  touch(): void {
    this.#changed = true
  }

  /** True when there may be something to tell, and it may be told at `now`, in ms since the epoch. */
  isDue(now: number): boolean {
    // A clock that was set back must not silence it.
    return this.#changed && Math.abs(now - this.#toldAt) >= this.#intervalMs
  }

  /** From now on `next` is shown. */
  show(next: T, now: number): void {
    this.#shown = next
    this.#changed = false
    this.#toldAt = now
  }
}
