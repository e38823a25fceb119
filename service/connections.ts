import type { NatsConnection } from "nats"
import { hasSubscribers, natsConn } from "res-service"
import { edgeOfCid } from "../contract/edge-connection.ts"
import { edgePingSubject } from "../contract/subjects.ts"

/** An edge gives a connection 2 s to answer, in ms. */
const PING_TIMEOUT_MS = 2500
/** A timer that is so late, in ms, shows that this process stood still. */
const LATE_MS = 250

/** After this time without an answer from NATS, in ms, calls may have been missed. */
const DEAF_MS = 5000

/** Whether a connection of a client is alive. */
export type IsConnected = (cid: string) => Promise<boolean>

/**
 * Asks the process that has a connection whether it is alive. An edge pings its socket and answers. A gateway only listens on
 * `conn.<cid>.>` while it has the connection, and ignores events that it does not know.
 *
 * Source: RES-Service protocol 1.2.3, "Connection events".
 */
export function askConnections(nc: NatsConnection): IsConnected {
  const conn = natsConn(nc)
  return async (cid) => {
    const edgeId = edgeOfCid(cid)
    return edgeId === undefined ? await hasSubscribers(conn, `conn.${cid}.alive`) : await edgeHas(nc, edgeId, cid)
  }
}

async function edgeHas(nc: NatsConnection, edgeId: string, cid: string): Promise<boolean> {
  for (;;) {
    const askedAt = performance.now()
    try {
      const answer = await nc.request(edgePingSubject(edgeId), cid, { timeout: PING_TIMEOUT_MS })
      return answer.json<{ alive: boolean }>().alive
    } catch {
      // The edge is gone, unless its answer was not read yet when this process went on.
      if (performance.now() - askedAt < PING_TIMEOUT_MS + LATE_MS) return false
    }
  }
}

/** Whether this process hears the calls of clients. While it does not, their silence means nothing. */
export class Hearing {
  readonly #nc: NatsConnection
  #heardAt = performance.now()

  constructor(nc: NatsConnection) {
    this.#nc = nc
  }

  /**
   * Makes sure that all calls that clients have sent have arrived. Call it every second. True: NATS was away, or this process stood still, so
   * that calls may have been missed since the last time. Rejects without a connection.
   */
  async hasMissedCalls(): Promise<boolean> {
    await this.#nc.flush()
    const now = performance.now()
    const isDeaf = now - this.#heardAt > DEAF_MS
    this.#heardAt = now
    return isDeaf
  }
}
