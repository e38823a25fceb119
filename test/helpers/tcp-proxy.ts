import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** A way to a server that can be disturbed. */
export interface TcpProxy {
  readonly port: number
  /** Lets everything through again, and what was held back first. */
  heal(): void
  /** Ends all connections; new ones are let through. */
  cut(): void
  /** Ends all connections, and each new one at once. */
  refuse(): void
  /** Keeps all connections open, takes new ones, and lets nothing through in either direction. */
  stall(): void
  /** Keeps all connections open, and lets through only what goes to the server. */
  stallAnswers(): void
  /** Keeps all connections open, and lets through what has gathered only every `everyMs`. */
  slow(everyMs: number): void
  /** Connections that are open. */
  readonly open: number
  stop(): Promise<void>
}

/** For this time, in ms, a slowed link lets through what has gathered. */
const SLOW_OPEN_MS = 10

/** Listens on a free port of 127.0.0.1 and passes each connection on to a server. */
export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let slowing: NodeJS.Timeout | undefined
  /** Those to the server. */
  const fars = new Set<Socket>()
  let mode: "open" | "refused" | "stalled" | "slowed" = "open"

  const keep = (socket: Socket): void => {
    sockets.add(socket)
    // What it breaks with is what the test wanted.
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
  }
  const end = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((near) => {
    if (mode === "refused") {
      near.destroy()
      return
    }
    const far = connect(target)
    keep(near)
    keep(far)
    fars.add(far)
    far.on("close", () => fars.delete(far))
    near.on("close", () => far.destroy())
    far.on("close", () => near.destroy())
    near.pipe(far)
    far.pipe(near)
    if (mode === "stalled") hold(near, far)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")

  const release = (): void => {
    for (const socket of sockets) socket.resume()
  }
  return {
    port: (server.address() as AddressInfo).port,
    heal: () => {
      mode = "open"
      clearInterval(slowing)
      release()
    },
    cut: () => {
      mode = "open"
      end()
    },
    refuse: () => {
      mode = "refused"
      end()
    },
    stall: () => {
      mode = "stalled"
      hold(...sockets)
    },
    stallAnswers: () => hold(...fars),
    slow: (everyMs) => {
      mode = "slowed"
      clearInterval(slowing)
      slowing = setInterval(() => {
        if (mode !== "slowed") return
        release()
        setTimeout(() => mode === "slowed" && hold(...sockets), SLOW_OPEN_MS)
      }, everyMs)
    },
    get open() {
      return sockets.size / 2
    },
    stop: async () => {
      clearInterval(slowing)
      end()
      server.close()
      await once(server, "close")
    },
  }
}

function hold(...sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.pause()
}
