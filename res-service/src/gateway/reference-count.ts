import type { ResourceNode } from "./resource-node.ts"

/** References to a resource from outside the part of the graph under examination. */
interface Outside {
  references: number
  /** How many of them the client knows. */
  sentReferences: number
}

/** The resources that only a root led to. */
export interface Unneeded {
  /** Nothing leads to them any more. */
  readonly unused: readonly ResourceNode[]
  /** The client drops them, but others that are still loading will bring them back. */
  readonly dropped: readonly ResourceNode[]
}

/**
 * Finds what only a resource that lost a reference has kept alive, even if references form circles. Resources that the client has
 * subscribed to directly stay, with all that they refer to.
 *
 * Source: RES-Client protocol 1.2.3, "Indirect subscription".
 */
export function findUnneeded(root: ResourceNode): Unneeded {
  if (root.direct > 0) return { unused: [], dropped: [] }
  const found = countFromOutside(root)
  const kept = reach(
    found,
    ({ references }) => references > 0,
    () => true,
  )
  const known = reach(
    found,
    ({ sentReferences }) => sentReferences > 0,
    ({ isSent }) => isSent,
  )
  const all = [...found.keys()]
  return {
    unused: all.filter((node) => !kept.has(node)),
    dropped: all.filter((node) => kept.has(node) && node.isSent && !known.has(node)),
  }
}

function countFromOutside(root: ResourceNode): Map<ResourceNode, Outside> {
  const found = new Map<ResourceNode, Outside>()
  const visit = (node: ResourceNode): void => {
    const { indirect: references, indirectSent: sentReferences } = node
    found.set(node, { references, sentReferences })
    for (const { target, isSent } of node.references) {
      if (target.direct > 0) continue
      if (!found.has(target)) visit(target)
      const outside = found.get(target)
      if (!outside) continue
      outside.references--
      if (isSent) outside.sentReferences--
    }
  }
  visit(root)
  return found
}

/** The roots among the nodes of `found`, and all that these lead to, along nodes for which `includes` is true. */
function reach(
  found: ReadonlyMap<ResourceNode, Outside>,
  isRoot: (outside: Outside) => boolean,
  includes: (node: ResourceNode) => boolean,
): Set<ResourceNode> {
  const reached = new Set<ResourceNode>()
  const visit = (node: ResourceNode): void => {
    if (!found.has(node) || reached.has(node) || !includes(node)) return
    reached.add(node)
    for (const { target } of node.references) visit(target)
  }
  for (const [node, outside] of found) if (isRoot(outside)) visit(node)
  return reached
}
