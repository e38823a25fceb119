import type { ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { NODE_FLAGS } from "../../config/node-flags.ts"
import { freePort } from "../../test/helpers/ports.ts"
import { until } from "../../test/helpers/until.ts"
import { compiledFile } from "../../tools/programs/paths.ts"
import { firstLine, startChild } from "../children.ts"
import { FrameSocket } from "../load/frame-socket.ts"
import { EMBEDDED, RESGATE, SOCKET_IO } from "./shapes.ts"

/** A kind of server: how it is started, and how a client subscribes. */
export interface Kind {
  readonly name: string
  start(natsUrl: string): Promise<{ child: ChildProcess; url: string }>
  /** Resolves when the client has joined; calls `onEvent` with the frame of each event. */
  join(url: string, rid: string, onEvent: (frame: Buffer) => void): Promise<FrameSocket>
}

const gatewayKind = (name: string, file: string, args: string[]): Kind => ({
  name,
  start: async (natsUrl) => {
    const port = await freePort()
    const child = startChild(file, [...args, "--addr", "127.0.0.1", "--port", `${port}`, "--nats", natsUrl])
    await until(
      `${name} to listen`,
      () =>
        fetch(`http://127.0.0.1:${port}/api/`).then(
          () => true,
          () => false,
        ),
      20_000,
    )
    return { child, url: `ws://127.0.0.1:${port}/` }
  },
  join: (url, rid, onEvent) =>
    new Promise((resolve, reject) => {
      let joined = false
      FrameSocket.open(url, (frame, socket) => {
        if (joined) onEvent(frame)
        else if (frame.includes('"id":2')) {
          joined = true
          if (frame.includes('"error"')) reject(new Error(frame.toString()))
          else resolve(socket)
        }
      }).then((socket) => {
        socket.send(JSON.stringify({ id: 1, method: "version", params: { protocol: "1.2.3" } }))
        socket.send(JSON.stringify({ id: 2, method: `subscribe.${rid}` }))
      }, reject)
    }),
})

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

export const kinds: Kind[] = [
  gatewayKind(EMBEDDED, process.execPath, [...NODE_FLAGS, compiledFile("res-service/src/gateway/main")]),
  {
    name: SOCKET_IO,
    start: async (natsUrl) => {
      const args = [...process.execArgv, path("../references/socket-io.ts"), natsUrl]
      const child = startChild(process.execPath, args, { stdout: "pipe" })
      return { child, url: `ws://127.0.0.1:${await firstLine(child)}/socket.io/?EIO=4&transport=websocket` }
    },
    join: (url, rid, onEvent) =>
      new Promise((resolve, reject) => {
        FrameSocket.open(url, (frame, socket) => {
          // Engine.IO: 0 opens, 2 pings; Socket.IO: 40 connects, 42 is an event.
          if (frame[0] === 0x30) socket.send("40")
          else if (frame[0] === 0x32) socket.send("3")
          else if (frame.includes("40{")) socket.send(`42["join","${rid}"]`)
          else if (frame.includes('"joined"')) resolve(socket)
          else onEvent(frame)
        }).catch(reject)
      }),
  },
]
if (process.env.RESGATE_BIN) kinds.push(gatewayKind(RESGATE, process.env.RESGATE_BIN, []))
