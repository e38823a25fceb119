import type { NatsConnection } from "nats"
import { newInbox } from "res-service"
import { edgeOfCid } from "../../contract/edge-connection.ts"
import { edgePingSubject } from "../../contract/subjects.ts"

/** An edge gives a connection 2 s to answer, in ms. */
const PING_TIMEOUT_MS = 2500
const NO_RESPONDERS = 503

/**
 * Asks the process that has a connection whether it is alive. An edge pings its socket and answers. A gateway only listens on
 * `conn.<cid>.>` while it has the connection; nats-server says at once when nobody listens.
 *
 * Source: RES-Service protocol 1.2.3, "Connection events".
 */
export async function isConnected(nc: NatsConnection, cid: string): Promise<boolean> {
  const edgeId = edgeOfCid(cid)
  return edgeId === undefined ? await hasGateway(nc, cid) : await edgeHas(nc, edgeId, cid)
}

async function edgeHas(nc: NatsConnection, edgeId: string, cid: string): Promise<boolean> {
  try {
    const answer = await nc.request(edgePingSubject(edgeId), cid, { timeout: PING_TIMEOUT_MS })
    return answer.json<{ alive: boolean }>().alive
  } catch {
    return false // the edge is gone
  }
}

async function hasGateway(nc: NatsConnection, cid: string): Promise<boolean> {
  let isMissing = false
  const inbox = newInbox(nc)
  const subscription = nc.subscribe(inbox, {
    callback: (_, msg) => {
      isMissing ||= msg.headers?.code === NO_RESPONDERS
    },
  })
  try {
    // Gateways ignore events that they do not know.
    nc.publish(`conn.${cid}.alive`, "", { reply: inbox })
    // The server's notice comes before its answer to the flush.
    await nc.flush()
    return !isMissing
  } finally {
    subscription.unsubscribe()
  }
}
