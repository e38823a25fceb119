import type { Subscription } from "./subscription.ts"

/** A resource that another refers to, and how often. */
export class Reference {
  readonly subscription: Subscription
  count = 1
  #isSent = false

  constructor(subscription: Subscription) {
    this.subscription = subscription
  }

  /** Whether the client knows of it; while it does not, the resource does not lead there for the client. */
  get isSent(): boolean {
    return this.#isSent
  }

  set isSent(isSent: boolean) {
    if (isSent !== this.#isSent) this.subscription.indirectSent += isSent ? 1 : -1
    this.#isSent = isSent
  }
}

/** What one resource refers to. Most refer to nothing, and need no memory for that. */
export class References {
  #byRid: Map<string, Reference> | undefined

  values(): Iterable<Reference> {
    return this.#byRid?.values() ?? []
  }

  get(rid: string): Reference | undefined {
    return this.#byRid?.get(rid)
  }

  /** `open`: called when there was no reference to `rid` yet. */
  add(rid: string, open: (rid: string) => Subscription): Reference {
    this.#byRid ??= new Map()
    const known = this.#byRid.get(rid)
    if (known) {
      known.count++
      return known
    }
    const reference = new Reference(open(rid))
    this.#byRid.set(rid, reference)
    return reference
  }

  /** The reference, if it was the last to `rid`. */
  remove(rid: string): Reference | undefined {
    const reference = this.#byRid?.get(rid)
    if (!reference) return undefined
    reference.count--
    if (reference.count > 0) return undefined
    this.#byRid?.delete(rid)
    return reference
  }

  clear(): void {
    this.#byRid = undefined
  }
}
