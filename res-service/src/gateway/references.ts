import type { Subscription } from "./subscription.ts"

/** A resource that another refers to, and how often. */
export interface Reference {
  readonly subscription: Subscription
  count: number
}

/** What one resource refers to. Most refer to nothing, and need no memory for that. */
export class References {
  #byRid: Map<string, Reference> | undefined

  values(): Iterable<Reference> {
    return this.#byRid?.values() ?? []
  }

  get(rid: string): Subscription | undefined {
    return this.#byRid?.get(rid)?.subscription
  }

  /** `open`: called when there was no reference to `rid` yet. */
  add(rid: string, open: (rid: string) => Subscription): Subscription {
    this.#byRid ??= new Map()
    const known = this.#byRid.get(rid)
    if (known) {
      known.count++
      return known.subscription
    }
    const subscription = open(rid)
    this.#byRid.set(rid, { subscription, count: 1 })
    return subscription
  }

  /** What is not referred to any more, if this was the last reference to `rid`. */
  remove(rid: string): Subscription | undefined {
    const reference = this.#byRid?.get(rid)
    if (!reference) return undefined
    reference.count--
    if (reference.count > 0) return undefined
    this.#byRid?.delete(rid)
    return reference.subscription
  }

  clear(): void {
    this.#byRid = undefined
  }
}
