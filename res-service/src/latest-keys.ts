/**
 * A map that keeps its latest keys: when it has more than `max`, the one that was set least recently is dropped. A key that is set again
 * counts as new.
 */
export class LatestKeys<K, V> extends Map<K, V> {
  readonly #max: number

  constructor(max: number) {
    super()
    this.#max = max
  }

  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#max) this.#dropOldest()
    return this
  }

  #dropOldest(): void {
    const oldest = this.keys().next()
    if (oldest.done !== true) this.delete(oldest.value)
  }
}
