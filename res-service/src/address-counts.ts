import { addressGroup } from "./client-address.ts"

/** How many of something each client address has now: an IPv4 address, or an IPv6 network of 64 bits. */
export class AddressCounts {
  readonly #counts = new Map<string, number>()

  of(address: string): number {
    return this.#counts.get(addressGroup(address)) ?? 0
  }

  /** Counts one more, until the function that it returns is called. */
  add(address: string): () => void {
    const group = addressGroup(address)
    this.#counts.set(group, this.of(address) + 1)
    return () => {
      const left = this.of(address) - 1
      if (left === 0) this.#counts.delete(group)
      else this.#counts.set(group, left)
    }
  }
}
