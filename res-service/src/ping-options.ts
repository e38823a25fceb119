import type { ConnectionOptions } from "nats"

/**
 * Options of the NATS client by which a server counts as gone after two unanswered pings, which takes 4 to 6 s. Until then a server that
 * hangs, or a half-open connection to a dead host, looks alive; with the client's own defaults that takes 4 to 6 minutes.
 */
export const pingOptions = { pingInterval: 2000, maxPingOut: 2 } as const satisfies ConnectionOptions
