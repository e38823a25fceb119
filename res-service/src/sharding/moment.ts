import { performance } from "node:perf_hooks"

/** A point in time of this process, in ms, on both of its clocks. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

export function moment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}

/** Time since a moment, in ms, by the monotonic clock. */
export function elapsedMs(since: Moment): number {
  return performance.now() - since.monotonic
}

/**
 * The end of a time span. It has passed when either clock says so: the monotonic clock stands still while a virtual machine or
 * a laptop is suspended, and the wall clock can be set back. A wall clock that is set forward ends the span early, which costs
 * a renewal and harms nobody.
 */
export class Deadline {
  readonly #durationMs: number
  #start: Moment

  constructor(start: Moment, durationMs: number) {
    this.#start = start
    this.#durationMs = durationMs
  }

  get passed(): boolean {
    const { monotonic, wall } = this.#start
    return performance.now() - monotonic >= this.#durationMs || Date.now() - wall >= this.#durationMs
  }

  /** Counts from `start`, unless it counts from a later moment already. */
  extend(start: Moment): void {
    if (start.monotonic > this.#start.monotonic) this.#start = start
  }
}
