/**
 * A token bucket of bytes that may go into debt: while it is not empty, one item of any size may be sent; then nothing may be
 * sent until the debt is refilled.
 */
export class ByteBudget {
  readonly #bytesPerMs: number
  readonly #burstBytes: number
  #balance: number
  #refilledAt: number

  /** @param burstBytes its capacity, and its content at the start */
  constructor(bytesPerSecond: number, burstBytes: number, now = performance.now()) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#burstBytes = burstBytes
    this.#balance = burstBytes
    this.#refilledAt = now
  }

  /** How long nothing may be sent, in ms; 0 when something may be sent now. */
  waitMs(now = performance.now()): number {
    this.#refill(now)
    return Math.max(0, Math.ceil(-this.#balance / this.#bytesPerMs))
  }

  take(bytes: number, now = performance.now()): void {
    this.#refill(now)
    this.#balance -= bytes
  }

  #refill(now: number): void {
    this.#balance = Math.min(this.#burstBytes, this.#balance + (now - this.#refilledAt) * this.#bytesPerMs)
    this.#refilledAt = now
  }
}
