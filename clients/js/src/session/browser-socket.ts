import { edgeUrlOf } from "../edge-url.ts"
import type { Socket, SocketHandlers } from "./edge-link.ts"

/**
 * Connects to a session with the browser's WebSocket.
 *
 * @param edgeUrl `https://edge.example`; with a path if a proxy serves the edge under one
 * @param subprotocol the edge's setting `PROTOCOL`, if it is set
 * @throws {TypeError} there is no global `WebSocket`
 */
export function browserSocket(
  edgeUrl: string,
  sessionId: string,
  subprotocol: string | undefined,
  handlers: SocketHandlers,
): Socket {
  if (typeof WebSocket === "undefined")
    throw new TypeError("there is no WebSocket here: give connect a socket of another kind, e.g. one of the package ws")
  const url = edgeUrlOf(edgeUrl.replace(/^http/, "ws"), `/${sessionId}`)
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
