import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"

/**
 * The range of a test's own ports: below those that systems give to outgoing connections (from 32768 on Linux, from 49152
 * elsewhere). A connection of another test could otherwise take a port while the server on it is restarted.
 */
const FIRST_PORT = 10_000
const LAST_PORT = 32_767

/** Takes a free port of 127.0.0.1, until it is freed. */
export async function block(): Promise<{ readonly port: number; readonly free: () => Promise<void> }> {
  for (;;) {
    const server = createServer().listen(randomPort(), "127.0.0.1")
    try {
      await once(server, "listening")
    } catch {
      continue
    }
    return {
      port: (server.address() as AddressInfo).port,
      free: async () => {
        server.close()
        await once(server, "close")
      },
    }
  }
}

/** A free port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const { port, free } = await block()
  await free()
  return port
}

function randomPort(): number {
  return FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1))
}
