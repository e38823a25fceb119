import type { Content } from "../client/content.ts"
import type { ResError } from "../errors.ts"
import type { ResourceSet } from "./resource-set.ts"

/** One resource of one client, as a node of the graph that references make. All methods are to be called in the connection's queue. */
export interface ResourceNode {
  readonly rid: string
  /** How often the client has subscribed to the resource itself. */
  direct: number
  /** Number of resources that refer to it, and of those among them that the client has. */
  indirect: number
  indirectSent: number
  /** True when the client has the resource. */
  readonly isSent: boolean
  /** True when the resource has failed, or was loaded with all that it refers to. */
  readonly isReady: boolean
  readonly error: ResError | undefined
  /** The resource as the client has it, or gets it with the next answer; undefined until it is loaded. */
  readonly content: Content | undefined
  /** What it refers to; `isSent` says whether the client knows of the reference. */
  readonly references: Iterable<{ readonly target: ResourceNode; isSent: boolean }>
  /** The resource that this one refers to by `rid`. */
  reference(rid: string): ResourceNode | undefined
  /** Calls `onLoaded` now or when the resource is loaded or has failed. What it refers to may still be loading. Never once disposed. */
  whenLoaded(onLoaded: () => void): void
  /** Adds to `set` the resource and its references, as far as the client does not have them, and holds back their events. */
  collect(set: ResourceSet): void
  /** To be called when the set has been sent: lets the events go after it. */
  release(): void
  /**
   * The client drops the resource, though another that is loading refers to it and will bring it back as it is then. As
   * with Resgate events go on meanwhile, which does no harm; those that would bring other resources with them do not.
   */
  markDropped(): void
  dispose(): void
}

/** Calls `onReady` when the resource and all that it refers to is loaded or has failed. Never once disposed. */
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
