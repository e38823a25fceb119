import { setTimeout as sleep } from "node:timers/promises"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { EventStream } from "../helpers/event-stream.ts"
import type { Reading, StoredEvent } from "./evidence.ts"
import { Loop } from "./loop.ts"
import type { Door } from "./world.ts"

/** Pause before a stream is opened again, in ms; the server says 1 to 3 s. */
const REOPEN_MS = 250
/** Longest that an export or a page may take, in ms. */
const READ_MS = 30_000
const READ_PAUSE_MS = 1500
/** An export is of the last minute, in ms, so that it stays short. */
const EXPORT_MS = 60_000
const PAGE_EVENTS = 100

/** A reader of `GET /stream/{shop_id}` from the log's beginning on, which resumes with its last event's ID whenever its connection ends. */
export class SseReader {
  readonly shopId: string
  readonly name: string
  readonly #edge: Door
  #seqs: number[] = []
  #lastEventId = "0"
  #stream: EventStream | undefined
  #isStopped = false
  readonly #running: Promise<void>

  constructor(edge: Door, shopId: string) {
    this.shopId = shopId
    this.name = `the stream of ${shopId} at ${edge.victim.name}`
    this.#edge = edge
    this.#running = this.#run()
  }

  /** @param to the log's last sequence */
  reading(to: number): Reading {
    return { reader: this.name, after: 0, to, seqs: [...this.#seqs, ...(this.#stream?.seqs ?? [])] }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#stream?.close()
    await this.#running
  }

  async #run(): Promise<void> {
    for (; !this.#isStopped; await sleep(REOPEN_MS)) {
      const url = `${this.#edge.url}/stream/${this.shopId}`
      const stream = await EventStream.open(url, this.#lastEventId).catch(() => undefined)
      if (stream === undefined) continue
      if (stream.response.statusCode === 200 && !this.#isStopped) {
        this.#stream = stream
        while (!stream.ended) await sleep(20)
        this.#stream = undefined
        this.#seqs.push(...stream.seqs)
        this.#lastEventId = stream.lastEventId
      }
      stream.close()
    }
  }
}

/** Reads a shop's history while it grows: exports at an edge, pages at a gateway, one after the other. */
export class HistoryReader {
  readonly shopId: string
  readonly loop: Loop
  /** What was read since `forget`. */
  readonly readings: Reading[] = []
  readonly #edge: Door
  readonly #gateway: Door
  readonly #acknowledged: () => readonly StoredEvent[]
  #turn = 0

  /** @param acknowledged events that were answered with 200 so far */
  constructor(doors: { edge: Door; gateway: Door }, shopId: string, acknowledged: () => readonly StoredEvent[]) {
    this.shopId = shopId
    this.#edge = doors.edge
    this.#gateway = doors.gateway
    this.#acknowledged = acknowledged
    this.loop = new Loop(() => (this.#turn++ % 2 === 0 ? this.#export() : this.#page()).catch(() => {}), READ_PAUSE_MS)
  }

  forget(): void {
    this.readings.length = 0
  }

  async #export(): Promise<void> {
    const to = Math.max(
      0,
      ...this.#acknowledged()
        .slice(-100)
        .map(({ seq }) => seq),
    )
    const from = new Date(Date.now() - EXPORT_MS).toISOString()
    const answer = await fetch(`${this.#edge.url}/export/${this.shopId}?from=${from}`, {
      signal: AbortSignal.timeout(READ_MS),
    })
    // An export that was cut off rejects here.
    const text = await answer.text()
    if (answer.status !== 200) return
    const seqs = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => (JSON.parse(line) as ShownEvent).seq)
    const [first] = seqs
    if (first === undefined) return
    this.readings.push({ reader: `an export at ${this.#edge.victim.name}`, after: first - 1, to, seqs })
  }

  async #page(): Promise<void> {
    const known = this.#acknowledged()
    const before = known[Math.floor(known.length * 0.8)]?.seq
    if (before === undefined) return
    const url = `${this.#gateway.url}/api/store/${this.shopId}/feed?before=${before}&limit=${PAGE_EVENTS}`
    const answer = await fetch(url, { signal: AbortSignal.timeout(READ_MS) })
    if (answer.status !== 200) return void (await answer.body?.cancel())
    const seqs = ((await answer.json()) as ShownEvent[]).map(({ seq }) => seq).reverse()
    const after = (seqs.length < PAGE_EVENTS ? 1 : (seqs[0] ?? 1)) - 1
    this.readings.push({ reader: `a page at ${this.#gateway.victim.name}`, after, to: before - 1, seqs })
  }
}
