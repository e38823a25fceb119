/**
 * A token bucket of bytes that may go into debt: while it holds anything, the next thing may be sent, however large it is;
 * what it cost has to be refilled before anything else is sent.
 */
export class ByteBudget {
  readonly #bytesPerMs: number
  readonly #burstBytes: number
  #balance: number
  #refilledAt: number

  /** @param burstBytes most that it holds, and what it begins with */
  constructor(bytesPerSecond: number, burstBytes: number, now = performance.now()) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#burstBytes = burstBytes
    this.#balance = burstBytes
    this.#refilledAt = now
  }

  /** How long nothing may be sent, in ms; 0: something may be sent now. */
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
