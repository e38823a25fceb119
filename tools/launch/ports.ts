import { createSocket } from "node:dgram"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { StartError } from "./start-error.ts"

/**
 * Ports for servers that may be restarted: below those that systems give to outgoing connections (from 32768 on Linux, from 49152
 * elsewhere). Such a connection could otherwise take a port while its server is restarted.
 */
const FIRST_PORT = 10_000
const LAST_PORT = 32_767

/** A port that the launcher will use, and its setting. */
export interface PlannedPort {
  readonly setting: string
  readonly port: number
  /** The address to listen on, and its setting. */
  readonly host: string
  readonly hostSetting: string
}

/**
 * Checks that all ports are free, before anything is started.
 *
 * @throws {StartError} names every port that is not, and its setting
 */
export async function checkPorts(planned: readonly PlannedPort[]): Promise<void> {
  const complaints: string[] = []
  for (const { setting, port, host, hostSetting } of planned) {
    const twin = planned.find((other) => other.setting !== setting && other.port === port)
    if (twin !== undefined) {
      throw new StartError(`${setting} and ${twin.setting} are both ${port}: set one of them to another port`)
    }
    const code = await tryToListen(host, port)
    if (code === "EADDRINUSE") {
      complaints.push(`port ${port} is taken: set ${setting} to another, or stop what listens there`)
    } else if (code === "EADDRNOTAVAIL") {
      throw new StartError(`${hostSetting}=${host}: expected an address of this machine`)
    } else if (code === "EACCES") {
      complaints.push(`port ${port} is not allowed for this user: set ${setting} to one from 1024`)
    } else if (code !== undefined) {
      complaints.push(`port ${port} can't be listened on (${code}): set ${setting} to another`)
    }
  }
  if (complaints.length > 0) throw new StartError(complaints.join("\n"))
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** Takes a free port of an address, until it is freed. */
export async function block(
  host = "127.0.0.1",
): Promise<{ readonly port: number; readonly free: () => Promise<void> }> {
  for (;;) {
    const server = createServer().listen(randomPort(), host)
    try {
      await once(server, "listening")
    } catch (error) {
      if (isTaken(error)) continue
      throw error
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

/**
 * A free port of an address, or the first of `count` in a row. As long as this process lives, `freePort` gives them to no other caller on
 * this machine.
 */
export async function freePort(host = "127.0.0.1", count = 1): Promise<number> {
  for (;;) {
    const { port, free } = await block(host)
    await free()
    let taken = 0
    while (taken < count && (await tryToListen(host, port + taken)) === undefined && (await reserve(port + taken)))
      taken++
    if (taken === count) return port
  }
}

/**
 * Takes the UDP port of the same number, which nobody here uses, as a mark: the server that is to listen on the port may start
 * much later, or again. Resolves to false when another process has taken it.
 */
async function reserve(port: number): Promise<boolean> {
  const mark = createSocket("udp4").unref()
  mark.bind({ port, address: "127.0.0.1", exclusive: true })
  try {
    await once(mark, "listening")
    return true
  } catch (error) {
    mark.close()
    if (isTaken(error)) return false
    throw error
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE"
}

function randomPort(): number {
  return FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1))
}
