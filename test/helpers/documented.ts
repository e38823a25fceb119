/** Matches an ISO date-time in UTC. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/

/**
 * Compares answers with documented ones, which have some values in place of those that only the product can know: times, IDs, tokens. What
 * stands for such a value in one answer stands for it in all others, and in requests.
 */
export class Documented {
  /** What the product has in place of a documented value. */
  readonly #actual = new Map<unknown, unknown>()
  readonly #made: RegExp

  /**
   * @param made matches the paths of what the product makes, as in `/customerId`
   * @param known documented values and the actual ones, if they are known before
   */
  constructor(made: RegExp, known: Iterable<readonly [unknown, unknown]> = []) {
    this.#made = made
    for (const [documented, actual] of known) this.#actual.set(documented, actual)
  }

  /** A documented request, ready to be sent. */
  actual<T>(documented: T): T {
    return this.#replaced(documented) as T
  }

  #replaced(documented: unknown): unknown {
    if (this.#actual.has(documented)) return this.#actual.get(documented)
    if (Array.isArray(documented)) return documented.map((each) => this.#replaced(each))
    if (typeof documented === "object" && documented !== null) {
      return Object.fromEntries(Object.entries(documented).map(([name, value]) => [name, this.#replaced(value)]))
    }
    if (typeof documented !== "string") return documented
    // A resource ID, or a text that contains a value.
    for (const [value, now] of this.#actual) {
      if (typeof value === "string" && documented.includes(value)) return documented.replaceAll(value, String(now))
    }
    return documented
  }

  /** Where an answer is another one than documented; an empty list: nowhere. */
  differences(documented: unknown, actual: unknown, path = ""): string[] {
    if (Array.isArray(documented) && Array.isArray(actual)) {
      if (documented.length !== actual.length)
        return [`${path}: ${actual.length} values instead of ${documented.length}`]
      return documented.flatMap((each, i) => this.differences(each, actual[i], `${path}/${i}`))
    }
    if (typeof documented === "object" && documented !== null && typeof actual === "object" && actual !== null) {
      const [theirs, ours] = [Object.keys(actual), Object.keys(documented)].map((keys) => keys.toSorted())
      if (theirs?.join() !== ours?.join()) return [`${path}: members ${theirs} instead of ${ours}`]
      return Object.entries(documented).flatMap(([key, value]) =>
        this.differences(value, (actual as Record<string, unknown>)[key], `${path}/${key}`),
      )
    }
    if (Object.is(this.actual(documented), actual)) return []
    const sameType = typeof documented === typeof actual
    if (sameType && this.#made.test(path)) {
      // Numbers stand for themselves everywhere else.
      if (typeof documented === "string") this.#actual.set(documented, actual)
      return []
    }
    if (TIME.test(String(documented)) && TIME.test(String(actual))) return []
    return [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(documented)}`]
  }
}
