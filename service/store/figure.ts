/**
 * A value that watchers are shown. The first change is sent at once, then at most one in `intervalMs`. Changes in between are sent
 * together with the next one, so the last state always arrives.
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

  /** The value that was last sent to watchers. */
  get shown(): T {
    return this.#shown
  }

  /** Notes that the value may have changed. */
  touch(): void {
    this.#changed = true
  }

  /** True when the value may have changed and a change may be sent at `now`, in ms since the epoch. */
  isDue(now: number): boolean {
    // A clock that was set back must not silence it.
    return this.#changed && Math.abs(now - this.#toldAt) >= this.#intervalMs
  }

  /** Notes that `next` was sent to watchers. */
  show(next: T, now: number): void {
    this.#shown = next
    this.#changed = false
    this.#toldAt = now
  }
}
