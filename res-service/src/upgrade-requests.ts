import type { IncomingMessage, Server } from "node:http"
import { Server as TlsServer } from "node:https"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"

/** How long a client has to close its side after an answer, in ms. */
const LINGER_MS = 2000

/**
 * Handles a server's requests for a WebSocket. A request for any other upgrade is answered as if it had not asked for one.
 * Without this, Node hands over the socket of every request that asks for an upgrade, with its body unread, as soon as there is a
 * listener.
 *
 * Call it before anything else listens to the server's connections. Source: RFC 9110, section 7.8.
 */
export function onWebSocketUpgrade(
  server: Server,
  handle: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): void {
  const serve = server.listeners(server instanceof TlsServer ? "secureConnection" : "connection")
  const answers = new Answers(server)
  server.on("upgrade", (request, socket, head) => {
    answers.whenDone(socket, () => {
      if (asksForWebSocket(request)) {
        handle(request, socket, head)
        return
      }
      if (socket instanceof Socket) socket.setTimeout(0) // the timeout of an idle connection
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]))
      for (const listener of serve) listener.call(server, socket)
    })
  })
}

/** The answers under way on each connection. A request for an upgrade waits for the answers to the requests before it. */
class Answers {
  readonly #counts = new WeakMap<Duplex, number>()
  readonly #waiting = new WeakMap<Duplex, () => void>()

  constructor(server: Server) {
    server.on("request", ({ socket }, response) => {
      this.#counts.set(socket, (this.#counts.get(socket) ?? 0) + 1)
      response.once("close", () => {
        const left = (this.#counts.get(socket) ?? 1) - 1
        this.#counts.set(socket, left)
        if (left === 0) this.#waiting.get(socket)?.()
      })
    })
  }

  /** Calls `next` when all of them are sent, unless the connection ended with the last one. */
  whenDone(socket: Duplex, next: () => void): void {
    if ((this.#counts.get(socket) ?? 0) === 0) {
      next()
      return
    }
    const onError = (): void => {} // the socket closes by itself
    socket.on("error", onError)
    this.#waiting.set(socket, () => {
      this.#waiting.delete(socket)
      socket.off("error", onError)
      if (!socket.destroyed && !socket.writableEnded) next()
    })
  }
}

/**
 * Closes a socket that was handed over, after its request was answered: drops what still arrives, and cuts the connection of a
 * client that does not close it.
 */
export function closeAnswered(socket: Duplex): void {
  socket.end()
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once("close", () => clearTimeout(timer))
}

/** All open connections of some servers, including those that were handed over, which a server itself forgets. */
export class OpenSockets {
  readonly #sockets = new Set<Socket>()

  add(server: Server): void {
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once("close", () => this.#sockets.delete(socket))
    })
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

function asksForWebSocket({ method, headers: { upgrade = "" } }: IncomingMessage): boolean {
  return method === "GET" && tokensOf(upgrade).includes("websocket")
}

function tokensOf(value: string): string[] {
  return value.split(",").map((token) => token.trim().toLowerCase())
}

/** The request line and headers as they came, without the upgrade. */
function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = rawHeaders.slice(i, i + 2)
    const kept =
      name.toLowerCase() === "connection"
        ? tokensOf(value)
            .filter((token) => token !== "upgrade")
            .join()
        : value
    if (name.toLowerCase() !== "upgrade" && kept !== "") lines.push(`${name}: ${kept}`)
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1")
}
