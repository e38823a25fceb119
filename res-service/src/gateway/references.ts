import type { ResourceNode } from "./resource-node.ts"
import type { ResourceSet } from "./resource-set.ts"

/** A reference from one resource to another, and how often it occurs. */
export class Reference {
  readonly target: ResourceNode
  count = 1
  #isSent = false

  constructor(target: ResourceNode) {
    this.target = target
    target.indirect++
  }

  /** Whether the client has the reference. Until then, the reference does not make the client keep the target. */
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

  /** Call it once, when the resource no longer refers to the target. */
  end(): void {
    this.isSent = false
    this.target.indirect--
  }
}

/** The references of one resource. Most resources have none, so this needs no memory then. */
export class References {
  #byRid: Map<string, Reference> | undefined

  values(): Iterable<Reference> {
    return this.#byRid?.values() ?? []
  }

  get(rid: string): Reference | undefined {
    return this.#byRid?.get(rid)
  }

  /** `open`: called if there is no reference to `rid` yet. */
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

  /** Removes one reference to `rid`. Returns it if it was the last one. */
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
