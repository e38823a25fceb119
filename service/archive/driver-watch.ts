import type {
  CommandFailedEvent,
  CommandStartedEvent,
  CommandSucceededEvent,
  MongoClient,
  ServerHeartbeatStartedEvent,
} from "mongodb"

/** How long a server may delay its answer to a heartbeat that waits for changes (the driver's `heartbeatFrequencyMS`). */
const AWAITED_MS = 10_000

/** Time for this process to notice an answer. */
const SLACK_MS = 1000

/** A command may last for this many time-outs: each counts from the last bytes that were sent or came, and a link may be slow. */
const COMMAND_TIMEOUTS = 6

/** A new connection for a heartbeat takes two steps, each with its own time-out. */
const HEARTBEAT_TIMEOUTS = 2

/**
 * Reports a command or heartbeat of MongoDB's driver that has neither succeeded nor failed in time. It never will. After such a heartbeat
 * the driver finds no server any more.
 *
 * This happens in mongodb 7.9.0 when connections are cut, for example when mongod ends. The driver writes to a destroyed socket whose end it
 * has not seen yet, and waits for a "drain" that never comes (`Connection.writeCommand`).
 *
 * @param client with `monitorCommands`
 * @param timeoutMs connectTimeoutMS and socketTimeoutMS of the client
 * @param onStuck called at most once for each heartbeat and command
 */
export function watchDriver(client: MongoClient, timeoutMs: number, onStuck: () => void): void {
  const timers = new Map<string | number, NodeJS.Timeout>()
  const end = (id: string | number): void => {
    clearTimeout(timers.get(id))
    timers.delete(id)
  }
  const begin = (id: string | number, limitMs: number): void => {
    end(id)
    timers.set(id, setTimeout(onStuck, limitMs + SLACK_MS).unref())
  }
  const endHeartbeat = ({ connectionId }: { readonly connectionId: string }): void => end(connectionId)
  client.on("serverHeartbeatStarted", ({ connectionId, awaited }: ServerHeartbeatStartedEvent) =>
    begin(connectionId, HEARTBEAT_TIMEOUTS * timeoutMs + (awaited ? AWAITED_MS : 0)),
  )
  client.on("serverHeartbeatSucceeded", endHeartbeat)
  client.on("serverHeartbeatFailed", endHeartbeat)
  client.on("serverClosed", ({ address }) => end(address))
  client.on("commandStarted", ({ requestId }: CommandStartedEvent) => begin(requestId, COMMAND_TIMEOUTS * timeoutMs))
  client.on("commandSucceeded", ({ requestId }: CommandSucceededEvent) => end(requestId))
  client.on("commandFailed", ({ requestId }: CommandFailedEvent) => end(requestId))
}
