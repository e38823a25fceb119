/**
 * Why the gateway closes a WebSocket, and whether the client should come back. What breaks the WebSocket protocol itself
 * is closed with its own codes, 1002 to 1009; 1009, for a message that is too large, will happen again after reconnecting.
 */
export const closeCodes = {
  stopping: { code: 4000, reason: "gateway is stopping", reconnect: true },
  slowReader: { code: 4001, reason: "messages are not read fast enough", reconnect: true },
  noPong: { code: 4002, reason: "pings are not answered", reconnect: true },
} as const

/** Why the gateway closes a WebSocket. */
export type CloseReason = keyof typeof closeCodes
