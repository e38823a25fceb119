import { once } from "node:events"
import { type IncomingMessage, request } from "node:http"
import { connect } from "node:net"
import { WebSocket } from "ws"

/** A request with exactly these headers, `Host` and `Origin` among them, that `fetch` would set itself. Gives status and body. */
export async function rawRequest(
  url: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; text: string }> {
  const asked = request(url, { method, headers, agent: false })
  asked.end(body)
  const [res] = (await once(asked, "response")) as [IncomingMessage]
  const ended = (res.headers["content-type"] ?? "").startsWith("text/event-stream")
  if (ended) res.destroy()
  let text = ""
  if (!ended) for await (const part of res) text += String(part)
  return { status: res.statusCode ?? 0, text }
}

/** The status with which a WebSocket is refused; 101 when it is opened. */
export async function upgradeStatus(url: string, headers: Record<string, string> = {}): Promise<number> {
  const webSocket = new WebSocket(url.replace(/^http/, "ws"), { headers })
  webSocket.on("error", () => {})
  return await new Promise((resolve) => {
    webSocket.once("open", () => {
      webSocket.close()
      webSocket.once("close", () => resolve(101))
    })
    webSocket.once("unexpected-response", (_, response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
  })
}

/** Sends text or bytes to a server, and gives what it says until it closes the connection. */
export async function said(url: string, text: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  let answer = ""
  socket.on("data", (part: Buffer) => {
    answer += part.toString()
  })
  socket.write(text)
  await once(socket, "close")
  return answer
}
