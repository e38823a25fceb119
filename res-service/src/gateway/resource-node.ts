import type { Content } from "../client/content.ts"
import type { ResError } from "../errors.ts"
import type { ResourceSet } from "./resource-set.ts"

/** One resource of one client, as a node in the graph of references. Call all methods in the connection's queue. */
export interface ResourceNode {
  readonly rid: string
  /** How often the client has subscribed to the resource directly. */
  direct: number
  /** How many resources refer to it, and how many of these references the client has. */
  indirect: number
  indirectSent: number
  /** True when the client has the resource. */
  readonly isSent: boolean
  /** True when the resource has failed, or is loaded with all that it refers to. */
  readonly isReady: boolean
  readonly error: ResError | undefined
  /** The content as the client has it, or gets it with the next answer; undefined until it is loaded. */
  readonly content: Content | undefined
  /** Its references. `isSent`: whether the client has the reference. */
  readonly references: Iterable<{ readonly target: ResourceNode; isSent: boolean }>
  /** The resource that this one refers to by `rid`. */
  reference(rid: string): ResourceNode | undefined
  /**
   * Calls `onLoaded` when the resource is loaded or has failed, or at once if it is. What it refers to may still be loading. A
   * disposed resource never calls it.
   */
  whenLoaded(onLoaded: () => void): void
  /**
   * Adds to `set` what the client does not have of this resource and those that it refers to. Their events are held back until the set is
   * released.
   */
  collect(set: ResourceSet): void
  /**
   * Call it when the client drops the resource, while another one that is loading refers to it and will send it again. Until then
   * the client still gets events, as with Resgate, except for those that would bring other resources.
   */
  markDropped(): void
  dispose(): void
}

/** Calls `onReady` when the resource and all that it refers to are loaded or have failed. A disposed resource never calls it. */
export function whenReady(root: ResourceNode, onReady: () => void): void {
  if (root.isReady) {
    onReady()
    return
  }
  const seen = new Set<ResourceNode>()
  let loading = 0
  const visit = (node: ResourceNode): void => {
    if (node.isReady || seen.has(node)) return
    seen.add(node)
    loading++
    node.whenLoaded(() => {
      for (const { target } of node.references) visit(target)
      loading--
      if (loading === 0) onReady()
    })
  }
  visit(root)
}
