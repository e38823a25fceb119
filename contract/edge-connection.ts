/**
 * Connection IDs of edges name their edge, so that the service can ask it whether the connection is alive:
 * `edge-<edgeId>-<random>`.
 */
const EDGE_CID = /^edge-([0-9a-f]+)-[0-9a-f]+$/

export function newEdgeCid(edgeId: string): string {
  return `edge-${edgeId}-${crypto.randomUUID().replaceAll("-", "")}`
}

/** The edge of a connection; undefined for one that is none of an edge's. */
export function edgeOfCid(cid: string): string | undefined {
  return EDGE_CID.exec(cid)?.[1]
}
