/** Pseudo-random numbers, the same for the same seed: sfc32, by Chris Doty-Humphrey (PractRand). */
export class Random {
  #a: number
  #b: number
  #c: number
  #count = 1

  /** @param seed any whole number */
  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    this.#c = 0x9e3779b9
    for (let i = 0; i < 12; i++) this.#bits()
  }

  /** A number >= 0 and < 1. */
  next(): number {
    return this.#bits() / 2 ** 32
  }

  /** A whole number from `min` to `max`. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  /** True in `share` of the cases. */
  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)]
    if (item === undefined) throw new RangeError("nothing to pick from")
    return item
  }

  /** A UUID version 4. */
  uuid(): string {
    const hex = Array.from({ length: 4 }, () => this.#bits().toString(16).padStart(8, "0")).join("")
    const variant = "89ab"[this.int(0, 3)]
    const parts = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      variant + hex.slice(17, 20),
      hex.slice(20),
    ]
    return parts.join("-")
  }

  #bits(): number {
    const sum = (this.#a + this.#b + this.#count++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }
}
