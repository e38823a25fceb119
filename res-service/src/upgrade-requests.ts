import type { IncomingMessage, Server } from "node:http"
import { Server as TlsServer } from "node:https"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"

/** Time for a client to close its side after an answer, in ms. */
const LINGER_MS = 2000

/**
 * Takes a server's requests for a WebSocket. Any other upgrade is ignored, and the request answered like one without: Node hands
 * over the socket of each request that asks for one, its body unread, as soon as somebody listens.
 *
 * To be called before anything else listens to the server's connections. Source: RFC 9110, section 7.8.
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
      if (socket instanceof Socket) socket.setTimeout(0) // that of an idle connection
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]))
      for (const listener of serve) listener.call(server, socket)
    })
  })
}

/** The answers that are under way on each connection. A request that asks for an upgrade waits for those before it. */
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

  /** Calls `next` when all are sent, unless the connection has ended with the last. */
  whenDone(socket: Duplex, next: () => void): void {
    if ((this.#counts.get(socket) ?? 0) === 0) {
      next()
      return
    }
    const onError = (): void => {} // it is closed by itself
    socket.on("error", onError)
    this.#waiting.set(socket, () => {
      this.#waiting.delete(socket)
      socket.off("error", onError)
      if (!socket.destroyed && !socket.writableEnded) next()
    })
  }
}

/** For a socket that was handed over, and its request answered: drops what still comes, and cuts a client that does not close. */
export function closeAnswered(socket: Duplex): void {
  socket.end()
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once("close", () => clearTimeout(timer))
}

/** All connections of servers, those that were handed over too, which a server itself forgets. */
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

/** A request's line and headers, as they came but for the upgrade. */
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
