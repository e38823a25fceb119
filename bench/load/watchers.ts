// Screens, in a process of their own. Arguments: URL of the gateway's WebSocket, how many, and what each subscribes to.
// Sends "ready" when all are subscribed. At the message "quiet" it answers when nothing has come for a while.
import { setTimeout as sleep } from "node:timers/promises"
import { until } from "../../test/helpers/until.ts"
import { FrameSocket } from "./frame-socket.ts"

/** Answer to "quiet". */
export interface Watched {
  /** Frames that have come so far. */
  readonly frames: number
}

const QUIET_MS = 300

const [url = "", count, ...rids] = process.argv.slice(2)
let frames = 0
for (let i = 0; i < Number(count); i++) await open()

process.on("message", () => {
  quiet().then(
    () => process.send?.({ frames } satisfies Watched),
    (error: unknown) => process.send?.(String(error)),
  )
})
process.on("disconnect", () => process.exit())
process.send?.("ready")

async function open(): Promise<void> {
  let answers = 0
  const socket = await FrameSocket.open(url, (frame) => {
    if (frame.includes('"error"')) throw new Error(frame.toString())
    if (frame.includes('"id":')) answers++
  })
  socket.send(JSON.stringify({ id: 1, method: "version", params: { protocol: "1.2.3" } }))
  for (const [i, rid] of rids.entries()) socket.send(JSON.stringify({ id: i + 2, method: `subscribe.${rid}` }))
  await until("the subscriptions to be answered", () => answers > rids.length)
  socket.count((some) => {
    frames += some
  })
}

async function quiet(): Promise<void> {
  for (let before = -1; before !== frames; ) {
    before = frames
    await sleep(QUIET_MS)
  }
}
