/** The NATS subjects that more than one program knows, beside those of RES. */

/** All subjects that events are published to. */
export const SHOP_SUBJECTS = "updates.store.*"

/** What publishers of a shop send to and plain subscribers listen to: one event a message. */
export function shopSubject(shopId: string): string {
  return `updates.store.${shopId}`
}

/** Where changed annotations of a shop's events and baskets are published: a `Change` a message. */
export function changesSubject(shopId: string): string {
  return `changes.store.${shopId}`
}

/** Where an edge is asked whether a connection, the payload, is alive; it answers `{ "alive": boolean }`. */
export function edgePingSubject(edgeId: string): string {
  return `shopwire.edge.${edgeId}.ping`
}
