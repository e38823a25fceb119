import type { Socket, SocketHandlers } from "./shopping-session.ts"

/**
 * Connects to a session by the browser's WebSocket.
 *
 * @param edgeUrl `https://edge.example`, or with a path below which a proxy has the edge
 * @param subprotocol as the edge's setting `PROTOCOL`, when that is set
 */
export function browserSocket(
  edgeUrl: string,
  sessionId: string,
  subprotocol: string | undefined,
  handlers: SocketHandlers,
): Socket {
  const url = `${edgeUrl.replace(/^http/, "ws")}/${sessionId}`
  const webSocket = subprotocol === undefined ? new WebSocket(url) : new WebSocket(url, subprotocol)
  webSocket.onopen = () => handlers.opened()
  webSocket.onmessage = ({ data }) => handlers.received(data)
  webSocket.onclose = () => handlers.closed()
  return {
    send: (text) => {
      if (webSocket.readyState === WebSocket.OPEN) webSocket.send(text)
    },
    close: () => webSocket.close(),
  }
}
