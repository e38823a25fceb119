import { addressGroup } from "./client-address.ts"

/** Counts something per client address: per IPv4 address, or per IPv6 network of 64 bits. */
export class AddressCounts {
  readonly #counts = new Map<string, number>()

  of(address: string): number {
    return this.#counts.get(addressGroup(address)) ?? 0
  }

  /** Counts one more; the returned function takes it off again. */
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
