import type { Subscription } from "./subscription.ts"

/** References to a subscription from outside of the part of the graph that is looked at. */
interface Outside {
  references: number
  /** Those from resources that the client has. */
  sentReferences: number
  verdict: "none" | "delete" | "keep" | "unsend"
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
  const sent = root.isSent
  const found = countFromOutside(root, sent)
  const own = found.get(root)
  if (own && own.references > 0 && !(sent && own.sentReferences === 0)) return { unused: [], unsent: [] }
  mark(root, "delete", found, sent)
  const of = (verdict: Outside["verdict"]): Subscription[] =>
    [...found].filter(([, outside]) => outside.verdict === verdict).map(([subscription]) => subscription)
  return { unused: of("delete"), unsent: of("unsend") }
}

function countFromOutside(root: Subscription, sent: boolean): Map<Subscription, Outside> {
  const found = new Map<Subscription, Outside>()
  const visit = (subscription: Subscription): void => {
    const { indirect: references, indirectSent: sentReferences } = subscription
    found.set(subscription, { references, sentReferences, verdict: "none" })
    for (const { subscription: child } of subscription.references) {
      if (child.direct > 0) continue
      if (!found.has(child)) visit(child)
      const outside = found.get(child)
      if (!outside) continue
      outside.references--
      if (sent) outside.sentReferences--
    }
  }
  visit(root)
  return found
}

function mark(
  subscription: Subscription,
  inherited: "delete" | "keep",
  found: ReadonlyMap<Subscription, Outside>,
  sent: boolean,
): void {
  const outside = found.get(subscription)
  if (subscription.direct > 0 || !outside || outside.verdict === "keep" || outside.verdict === "unsend") return
  const keep = outside.references > 0 || inherited === "keep"
  if (!keep && outside.verdict === "delete") return
  if (!keep) outside.verdict = "delete"
  else outside.verdict = sent && outside.sentReferences === 0 ? "unsend" : "keep"
  for (const { subscription: child } of subscription.references) mark(child, keep ? "keep" : "delete", found, sent)
}
