import { randomBytes } from "node:crypto"

/**
 * Connection IDs of edges name their edge, so that the service can ask it whether the connection is alive:
 * `edge-<edgeId>-<random>`.
 */
const EDGE_CID = /^edge-([0-9a-f]+)-[0-9a-f]+$/

export function newEdgeCid(edgeId: string): string {
  return `edge-${edgeId}-${randomBytes(9).toString("hex")}`
}

/** The edge of a connection; undefined for one that is none of an edge's. */
export function edgeOfCid(cid: string): string | undefined {
  return EDGE_CID.exec(cid)?.[1]
}

/** Where an edge is asked whether a connection, the payload, is alive; it answers `{ "alive": boolean }`. */
export function edgePingSubject(edgeId: string): string {
  return `shopwire.edge.${edgeId}.ping`
}
