import type { Socket, SocketHandlers } from "./edge-link.ts"

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
  webSocket.onopen = () => handlers.onOpen()
  webSocket.onmessage = ({ data }) => handlers.onFrame(data)
  webSocket.onclose = () => handlers.onClose()
  return {
    send: (text) => {
      if (webSocket.readyState === WebSocket.OPEN) webSocket.send(text)
    },
    close: () => webSocket.close(),
  }
}
