/**
 * Why the gateway closes a WebSocket, and whether the client should reconnect. Violations of the WebSocket protocol have that
 * protocol's codes, 1002 to 1009. 1009, for a message that is too large, will happen again after a reconnect.
 */
export const closeCodes = {
  stopping: { code: 4000, reason: "gateway is stopping", reconnect: true },
  slowReader: { code: 4001, reason: "client reads too slowly", reconnect: true },
  noPong: { code: 4002, reason: "no answer to a ping", reconnect: true },
} as const

/** Why the gateway closes a WebSocket. */
export type CloseReason = keyof typeof closeCodes
