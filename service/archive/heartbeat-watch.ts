import type { MongoClient, ServerHeartbeatStartedEvent } from "mongodb"

/** How long a server may delay its answer to a heartbeat that waits for changes (the driver's `heartbeatFrequencyMS`). */
const AWAITED_MS = 10_000

/** Time for this process to notice an answer. */
const SLACK_MS = 1000

/**
 * Reports a heartbeat of MongoDB's driver that has neither succeeded nor failed in time. It never will, and the driver finds no server any
 * more.
 *
 * This happens in mongodb 7.9.0 when all connections are cut at the same moment, for example when mongod ends. The driver writes the
 * heartbeat to a destroyed socket whose end it has not seen yet, and waits for a "drain" that never comes
 * (`Connection.writeCommand`).
 *
 * @param timeoutMs connectTimeoutMS of the client
 * @param onStuck called at most once for each heartbeat
 */
export function watchHeartbeats(client: MongoClient, timeoutMs: number, onStuck: () => void): void {
  const timers = new Map<string, NodeJS.Timeout>()
  const end = ({ connectionId }: { connectionId: string }): void => {
    clearTimeout(timers.get(connectionId))
    timers.delete(connectionId)
  }
  client.on("serverHeartbeatStarted", (event: ServerHeartbeatStartedEvent) => {
    end(event)
    // A new connection takes two steps, each with its own time-out.
    const limitMs = 2 * timeoutMs + (event.awaited ? AWAITED_MS : 0) + SLACK_MS
    timers.set(event.connectionId, setTimeout(onStuck, limitMs).unref())
  })
  client.on("serverHeartbeatSucceeded", end)
  client.on("serverHeartbeatFailed", end)
  client.on("serverClosed", ({ address }) => end({ connectionId: address }))
}
