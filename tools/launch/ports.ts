import { createServer } from "node:net"
import { StartError } from "./start-error.ts"

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
