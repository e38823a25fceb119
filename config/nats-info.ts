import { connect } from "node:net"

/** The parts that we need of the INFO that every nats-server sends first, before TLS and login. */
export interface NatsInfo {
  readonly version: string
  readonly jetstream?: boolean
  /** Absent if the server accepts connections without a login. */
  readonly auth_required?: boolean
}

/** Connects to a nats-server and reads its INFO. */
export function natsInfo(url: string, signal: AbortSignal): Promise<NatsInfo> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: port === "" ? 4222 : Number(port),
      signal,
    })
    let text = ""
    socket.setEncoding("utf8")
    socket.on("error", reject)
    socket.on("close", () => reject(new Error("it closed the connection without a greeting")))
    socket.on("data", (part: string) => {
      text += part
      const end = text.indexOf("\r\n")
      if (end < 0) return
      try {
        if (!text.startsWith("INFO ")) throw new Error("the server there is not nats-server")
        resolve(JSON.parse(text.slice("INFO ".length, end)))
      } catch (error) {
        reject(error)
      }
      socket.destroy()
    })
  })
}
