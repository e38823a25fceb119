import type { Subscription } from "./subscription.ts"

/** References to a subscription from outside of the part of the graph that is looked at. */
interface Outside {
  references: number
  /** Those from resources that the client has. */
  sentReferences: number
}

/** What becomes of the subscriptions that a resource has led to. */
export interface Verdict {
  /** Nothing leads to them any more. */
  readonly unused: readonly Subscription[]
  /** The client drops them, but others that are still loading will bring them back. */
  readonly unsent: readonly Subscription[]
}

/**
 * Finds what a subscription that lost a reference has kept alive, references in circles included. What the client has
 * subscribed to by itself stays, with all that it refers to.
 *
 * Source: RES-Client protocol 1.2.3, "Indirect subscription".
 */
export function judge(root: Subscription): Verdict {
  if (root.direct > 0) return { unused: [], unsent: [] }
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
    unused: all.filter((subscription) => !kept.has(subscription)),
    unsent: all.filter((subscription) => kept.has(subscription) && subscription.isSent && !known.has(subscription)),
  }
}

function countFromOutside(root: Subscription): Map<Subscription, Outside> {
  const found = new Map<Subscription, Outside>()
  const visit = (subscription: Subscription): void => {
    const { indirect: references, indirectSent: sentReferences } = subscription
    found.set(subscription, { references, sentReferences })
    for (const { subscription: child, isSent } of subscription.references) {
      if (child.direct > 0) continue
      if (!found.has(child)) visit(child)
      const outside = found.get(child)
      if (!outside) continue
      outside.references--
      if (isSent) outside.sentReferences--
    }
  }
  visit(root)
  return found
}

/** Those of `found` that are roots, and all that these lead to by what `includes` holds for, which goes for the roots as well. */
function reach(
  found: ReadonlyMap<Subscription, Outside>,
  isRoot: (outside: Outside) => boolean,
  includes: (subscription: Subscription) => boolean,
): Set<Subscription> {
  const reached = new Set<Subscription>()
  const visit = (subscription: Subscription): void => {
    if (!found.has(subscription) || reached.has(subscription) || !includes(subscription)) return
    reached.add(subscription)
    for (const { subscription: child } of subscription.references) visit(child)
  }
  for (const [subscription, outside] of found) if (isRoot(outside)) visit(subscription)
  return reached
}
