// The attackers of `hostile.ts`, in a process of their own. Arguments: the attack, URL of edge and gateway, how many connections.
// Sends "ready" when all are connected; at the message "stop" sends what came of it, an AttackResult, and ends.
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { gzipSync } from "node:zlib"
import { FrameSocket } from "./frame-socket.ts"

/** What the server did with an attack. */
export interface AttackResult {
  /** Connections that the server has closed. */
  readonly closed: number
  /** Requests or frames that were sent. */
  readonly sent: number
  /** How often each status line came. */
  readonly answers: Readonly<Record<string, number>>
  /** What the sockets of sessions were sent, in MiB. */
  readonly receivedMiB: number
}

/** Most connections that are opened at once. */
const OPENING = 100
/** Makes a session of 50 members nearly as large as it may be. */
const LARGE_CART_BYTES = 41_500

const [name = "", edgeUrl = "", gatewayUrl = "", countText = "0"] = process.argv.slice(2)
const count = Number(countText)
const result = { closed: 0, sent: 0, answers: {} as Record<string, number>, receivedMiB: 0 }
let stopped = false

const attacks: Readonly<Record<string, () => Promise<void>>> = {
  /** Headers, a line a second, that never end. */
  "slowloris at the edge": () => slowly(edgeUrl),
  "slowloris at the gateway": () => slowly(gatewayUrl),
  "idle sockets at the edge": () => idle((i) => `${edgeUrl.replace("http", "ws")}/idle-${i}`),
  "idle sockets at the gateway": () => idle(() => gatewayUrl.replace("http", "ws")),
  "huge headers at the edge": () =>
    again(edgeUrl, Buffer.from(`GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(64_000)}\r\n\r\n`)),
  "compressed bombs at the edge": () => again(edgeUrl, bomb()),
  "tiny frames at the edge": () => flood(`${edgeUrl.replace("http", "ws")}/flood`, '{"event":"x"}'),
  "tiny frames at the gateway": () => flood(gatewayUrl.replace("http", "ws"), '{"id":1,"method":"x"}'),
  "cart updates in the largest session": () => updates([count], smallUpdate),
  /** Each is answered with the whole session, for the sender may show already what was refused. */
  "refused updates in the largest session": () => updates([count], () => '{"event":"updateCart","payload":{}}'),
  "cart updates in twenty large sessions": () => updates(Array<number>(20).fill(count / 20), smallUpdate),
}

const attack = attacks[name]
if (attack === undefined) throw new Error(`attacks are ${Object.keys(attacks).join(", ")}`)
process.once("message", () => {
  stopped = true
  process.send?.(result, () => process.exit(0))
})
await attack()
process.send?.("ready")

async function slowly(url: string): Promise<void> {
  const sockets = new Set<Socket>()
  const open = async (): Promise<void> => {
    const socket = await connected(url)
    sockets.add(socket)
    socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\n")
    socket.once("close", () => {
      sockets.delete(socket)
      result.closed++
      // Whoever does this comes again.
      if (!stopped) setTimeout(() => void open().catch(() => {}), 500)
    })
  }
  await inGroups(open)
  setInterval(() => {
    for (const socket of sockets) {
      socket.write("X-A: b\r\n")
      result.sent++
    }
  }, 1000)
}

async function idle(url: (i: number) => string): Promise<void> {
  await inGroups(async (i) => {
    await FrameSocket.open(url(i), () => {})
  })
}

/** Sends the same again as soon as the answer begins, on a new connection each time. */
async function again(url: string, request: Buffer): Promise<void> {
  const run = async (): Promise<void> => {
    while (!stopped) {
      const socket = await connected(url)
      socket.on("data", (part: Buffer) => {
        const [line = ""] = part.toString("latin1").split("\r\n")
        countAnswers(line, 1)
        socket.destroy()
      })
      const closed = once(socket, "close")
      socket.write(request)
      result.sent++
      await closed
    }
  }
  for (let i = 0; i < count; i++) void run().catch(() => {})
}

function bomb(): Buffer {
  const packed = gzipSync(Buffer.alloc(100_000_000, " "))
  const type = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
  return Buffer.concat([
    Buffer.from(`POST /send HTTP/1.1\r\nHost: a\r\n${type}Content-Length: ${packed.length}\r\n\r\n`),
    packed,
  ])
}

/** As many small frames as go through, and the answers read. */
async function flood(url: string, text: string): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: count }, () => FrameSocket.open(url, () => {})))
  for (const socket of sockets) socket.count((frames) => countAnswers("frames", frames))
  const send = (): void => {
    for (const socket of sockets) for (let i = 0; i < 100; i++) socket.send(text)
    result.sent += sockets.length * 100
    if (!stopped) setTimeout(send, 5)
  }
  send()
}

function smallUpdate(customerId: string, n: number): string {
  return `{"event":"updateCart","payload":{"customerId":"${customerId}","cartContent":{"n":${n}}}}`
}

/** Sessions of so many members, all with large carts; the host of each then sends small messages as fast as they go through. */
async function updates(sizes: readonly number[], message: (customerId: string, n: number) => string): Promise<void> {
  const run = randomBytes(6).toString("hex")
  const sessions = await Promise.all(
    sizes.map(async (size, i) => {
      const url = `${edgeUrl.replace("http", "ws")}/attack-${run}-${i}`
      const members: { socket: FrameSocket; customerId: string }[] = []
      for (let k = 0; k < size; k++) members.push(await enter(url, k === 0 ? "startSession" : "joinSession"))
      return members
    }),
  )
  const all = sessions.flat()
  for (const { socket } of all) socket.count((frames) => countAnswers("frames", frames))
  // All carts are there before the attack begins.
  for (const { socket, customerId } of all) {
    const cart = { customerId, cartContent: { note: "x".repeat(LARGE_CART_BYTES) } }
    socket.send(JSON.stringify({ event: "updateCart", payload: cart }))
    await sleep(20)
  }
  await sleep(2000)
  const before = received(all)
  const send = (): void => {
    for (const [host] of sessions) {
      if (host === undefined) continue
      for (let i = 0; i < 20; i++) host.socket.send(message(host.customerId, result.sent++))
    }
    result.receivedMiB = Math.round((received(all) - before) / 1024 / 1024)
    if (!stopped) setTimeout(send, 5)
  }
  send()
}

function received(members: readonly { readonly socket: FrameSocket }[]): number {
  return members.reduce((sum, { socket }) => sum + socket.receivedBytes, 0)
}

/** A member of a session, once it has its reply. */
function enter(url: string, event: string): Promise<{ socket: FrameSocket; customerId: string }> {
  return new Promise((resolve, reject) => {
    const onFrame = (payload: Buffer, socket: FrameSocket): void => {
      const [, customerId] = /^\{"event":"(?:start|join)Session".*"customerId":"([^"]+)"/.exec(payload.toString()) ?? []
      if (customerId !== undefined) resolve({ socket, customerId })
    }
    FrameSocket.open(url, onFrame).then(
      (socket) => socket.send(JSON.stringify({ event, payload: { customerName: "Member" } })),
      reject,
    )
  })
}

async function connected(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on("error", () => {})
  await once(socket, "connect")
  return socket
}

function countAnswers(answer: string, more: number): void {
  result.answers[answer] = (result.answers[answer] ?? 0) + more
}

async function inGroups(open: (i: number) => Promise<void>): Promise<void> {
  for (let i = 0; i < count; i += OPENING)
    await Promise.all(Array.from({ length: Math.min(OPENING, count - i) }, (_, k) => open(i + k)))
}
