import type { ResourceNode } from "./resource-node.ts"
import type { ResourceSet } from "./resource-set.ts"

/** A resource that another refers to, and how often. */
export class Reference {
  readonly target: ResourceNode
  count = 1
  #isSent = false

  constructor(target: ResourceNode) {
    this.target = target
    target.indirect++
  }

  /** Whether the client knows of the reference; until it does, the reference does not keep the target with the client. */
  get isSent(): boolean {
    return this.#isSent
  }

  set isSent(isSent: boolean) {
    if (isSent !== this.#isSent) this.target.indirectSent += isSent ? 1 : -1
    this.#isSent = isSent
  }

  collect(set: ResourceSet): void {
    this.isSent = true
    this.target.collect(set)
  }

  /** To be called once, when the resource no longer refers to the target. */
  end(): void {
    this.isSent = false
    this.target.indirect--
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
  add(rid: string, open: (rid: string) => ResourceNode): Reference {
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

  /** Removes all references and returns them. */
  clear(): Reference[] {
    const all = [...this.values()]
    this.#byRid = undefined
    return all
  }
}
