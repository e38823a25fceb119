/**
 * Which connections are known to be alive: each holds a lease that it must renew. In memory only, for after a restart all
 * connections get the time to renew theirs.
 */
export class Leases {
  readonly #expiry = new Map<string, number>()
  readonly #durationMs: number

  constructor(durationMs: number) {
    this.#durationMs = durationMs
  }

  /** Gives or renews a connection's lease. */
  renew(cid: string, now = Date.now()): void {
    this.#expiry.set(cid, now + this.#durationMs)
  }

  /** Gives a lease to a connection that has none. */
  start(cid: string, now = Date.now()): void {
    if (!this.#expiry.has(cid)) this.renew(cid, now)
  }

  isAlive(cid: string, now = Date.now()): boolean {
    return (this.#expiry.get(cid) ?? 0) > now
  }

  end(cid: string): void {
    this.#expiry.delete(cid)
  }
}
