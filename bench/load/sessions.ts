// The storefronts of `npm run bench -- sessions`, in a process of their own. Arguments: URL of the edge, sessions, members, bytes of a cart.
// Sends "ready" when all have joined; then each message `{ run, seconds }` is answered with what was measured.
import { setTimeout as sleep } from "node:timers/promises"
import type { SessionsRun } from "../sessions/shapes.ts"
import { FrameSocket } from "./frame-socket.ts"

/** What to run: each member sends an update a second · the next one when it has seen its own · one update at a time. */
export interface LoadOrder {
  readonly run: SessionsRun
  readonly seconds: number
}

export interface LoadResult {
  /** Updates that were sent. */
  readonly updates: number
  /** Frames with a multicartUpdate that came in. */
  readonly deliveries: number
  readonly deliveredBytes: number
  readonly seconds: number
  /**
   * From when an update was due until a member, its sender too, was shown it or a newer one of the same cart, in ms; of
   * `single` until the last member was.
   */
  readonly delaysMs: number[]
  /** Bytes of the last frame. */
  readonly frameBytes: number
  readonly cpuSeconds: number
}

/** Most sessions that are opened at once. */
const OPENING = 20
/** An update of the largest session costs 100 MB of its budget, which gets 32 MiB a second. */
const SINGLE_INTERVAL_MS = 5000
/** Fewest updates of a `single` run. */
const MIN_SINGLE = 5
const MARK = '"mark":"'

/** One member: sends carts that bear its number and a count, and reads these of all frames that it gets. */
class Member {
  readonly number: number
  /** When each of its updates was due; [0] is its first cart, never sent. */
  readonly dueAt = [0]
  /** Of each member of the session, by number: the newest count that was shown here. */
  readonly #shown = new Map<number, number>()
  #socket: FrameSocket | undefined
  #customerId = ""
  #onReply: (customerId: string) => void = () => {}

  constructor(number: number) {
    this.number = number
  }

  async enter(url: string, event: "startSession" | "joinSession"): Promise<void> {
    this.#socket = await FrameSocket.open(url, (frame) => this.#receive(frame))
    const replied = new Promise<string>((resolve) => {
      this.#onReply = resolve
    })
    this.#socket.send(JSON.stringify({ event, payload: { customerName: `Member ${this.number}` } }))
    this.#customerId = await replied
  }

  update(dueAt: number): void {
    const mark = `${this.number}.${this.dueAt.push(dueAt) - 1}`
    this.#socket?.send(
      `{"event":"updateCart","payload":{"customerId":"${this.#customerId}","cartContent":{${MARK}${mark}",${cartEnd}}}`,
    )
    updates++
  }

  #receive(frame: Buffer): void {
    const text = frame.toString("latin1")
    if (text.startsWith('{"event":"error"')) throw new Error(text)
    if (!text.startsWith('{"event":"multicartUpdate"')) {
      this.#onReply(/"customerId":"([^"]+)"/.exec(text)?.[1] ?? "")
      return
    }
    deliveries++
    deliveredBytes += frame.length
    frameBytes = frame.length
    const now = performance.now()
    for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, at + MARK.length)) {
      const start = at + MARK.length
      const [number, count] = text.slice(start, text.indexOf('"', start)).split(".").map(Number)
      this.#see(number ?? 0, count ?? 0, now)
    }
  }

  #see(number: number, count: number, now: number): void {
    const before = this.#shown.get(number) ?? 0
    if (count === before) return
    if (count < before) throw new Error(`member ${number}: cart ${count} was shown after ${before}`)
    this.#shown.set(number, count)
    for (let each = before + 1; each <= count; each++) {
      shown++
      delaysMs.push(now - (members[number]?.dueAt[each] ?? now))
    }
    if (number === this.number) onOwnShown(this)
    onShown()
  }
}

const [url = "", sessionCount, membersPerSession, cartBytes] = process.argv.slice(2)
const [sessions, perSession] = [Number(sessionCount), Number(membersPerSession)]
const cartEnd = makeCartEnd(Number(cartBytes))
const members = Array.from({ length: sessions * perSession }, (_, number) => new Member(number))

let updates = 0
let shown = 0
let deliveries = 0
let deliveredBytes = 0
let frameBytes = 0
let delaysMs: number[] = []
let onOwnShown: (member: Member) => void = () => {}
let onShown: () => void = () => {}

const ids = Array.from({ length: sessions }, (_, i) => i)
const opening = async (): Promise<void> => {
  for (let i = ids.shift(); i !== undefined; i = ids.shift()) {
    const session = members.slice(i * perSession, (i + 1) * perSession)
    for (const [k, member] of session.entries()) {
      await member.enter(`${url.replace("http", "ws")}/bench-${i}`, k === 0 ? "startSession" : "joinSession")
    }
  }
}
await Promise.all(Array.from({ length: OPENING }, opening))
// All carts are as large as they will be, one after the other.
for (const member of members) {
  if (member.number % 50 === 0) await allShown()
  member.update(performance.now())
}
await allShown()
process.on("message", (order: LoadOrder) => void run(order))
process.send?.("ready")

async function run({ run: kind, seconds }: LoadOrder): Promise<void> {
  const before = { updates, deliveries, deliveredBytes, start: performance.now(), cpu: process.cpuUsage() }
  delaysMs = []
  if (kind === "paced") await paced(seconds)
  else if (kind === "closed") await closed(seconds)
  else await single(seconds)
  const took = (performance.now() - before.start) / 1000
  const cpu = process.cpuUsage(before.cpu)
  const result: LoadResult = {
    updates: updates - before.updates,
    deliveries: deliveries - before.deliveries,
    deliveredBytes: deliveredBytes - before.deliveredBytes,
    seconds: took,
    delaysMs,
    frameBytes,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  }
  process.send?.(result)
}

/** Each member once a second, all spread evenly over it; whether or not the earlier ones were shown. */
async function paced(seconds: number): Promise<void> {
  const intervalMs = 1000 / members.length
  const start = performance.now()
  // Members of a session follow each other at a quarter of a second.
  const order = Array.from({ length: members.length }, (_, i) => (i % sessions) * perSession + Math.floor(i / sessions))
  for (let n = 0; n < seconds * members.length; n++) {
    const due = start + n * intervalMs
    if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()))
    members[order[n % order.length] ?? 0]?.update(due)
  }
  await allShown()
}

/** Each member sends its next update when it has seen its own. */
async function closed(seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000
  onOwnShown = (member) => {
    const now = performance.now()
    if (now < end) member.update(now)
  }
  for (const member of members) member.update(performance.now())
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  await allShown()
  onOwnShown = () => {}
}

/** One update after the other, by one member after the other, each when the session's budget has room for it again. */
async function single(seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000
  const timings: number[] = []
  for (let n = 0; timings.length < MIN_SINGLE || performance.now() < end; n++) {
    await sleep(SINGLE_INTERVAL_MS)
    const start = performance.now()
    members[n % members.length]?.update(start)
    await allShown()
    timings.push(performance.now() - start)
  }
  delaysMs = timings
}

async function allShown(): Promise<void> {
  const late = setTimeout(() => {
    throw new Error(`${updates * perSession - shown} deliveries of ${updates} updates did not come`)
  }, 30_000)
  await new Promise<void>((resolve) => {
    onShown = () => {
      if (shown === updates * perSession) resolve()
    }
    onShown()
  })
  onShown = () => {}
  clearTimeout(late)
}

/** What follows the mark in a cart: products as Ecwid has them, and what fills it up. */
function makeCartEnd(bytes: number): string {
  const item = (id: number): object => ({
    quantity: 1 + (id % 3),
    product: {
      id: 66821181 + id,
      name: `Äpfel & Birnen ${id}`,
      sku: `SKU-${id}`,
      price: 3.5,
      weight: 0.25,
      options: null,
    },
    options: { Size: "L", Color: "red" },
  })
  const cart = { cartId: "123ABC-D456", productsQuantity: 4, couponCode: null, items: [1, 2, 3, 4].map(item), note: "" }
  const missing = bytes - Buffer.byteLength(JSON.stringify(cart))
  return JSON.stringify({ ...cart, note: "x".repeat(Math.max(0, missing)) }).slice(1)
}
