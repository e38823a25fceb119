import { Socket } from "node:net"
import type { Duplex } from "node:stream"

/** How often sockets are looked at, in ms. All other times are counted in these ticks. */
const TICK_MS = 1000
/** A socket from which nothing has come for so many ticks is pinged, and once more, in case the first ping was late. */
const PING_TICKS = [5, 7]
/** A socket from which nothing has come for so many ticks is quiet. */
const QUIET_TICKS = 9

/** How a `Heartbeat` counts time. */
export interface HeartbeatOptions {
  /** Default 1000. */
  readonly tickMs?: number | undefined
  /** A socket from which nothing has come for so many ticks is dead, and is looked at no more. Default: never. */
  readonly deadTicks?: number
}

/** A WebSocket of the package `ws`, as far as a `Heartbeat` needs it. */
export interface BeatingSocket {
  readonly isPaused: boolean
  once(event: "close", listener: () => void): unknown
}

/** What a `Heartbeat` does with a socket. */
export interface Beating {
  /** Nothing has come from it for 9 s: its client may be cut off. */
  onQuiet(): void
  /** It was quiet, and something has come after all. */
  onHeard(): void
  /** Nothing has come for `HeartbeatOptions.deadTicks`. */
  onDead?(): void
  ping(): void
}

interface Entry {
  readonly webSocket: BeatingSocket
  readonly stream: Socket
  readonly beating: Beating
  /** When something came last. */
  bytesRead: number
  /** Ticks since then. */
  ticks: number
}

/**
 * Finds WebSockets whose clients are cut off, although TCP still holds the connection open. A socket that says nothing is pinged; browsers
 * answer by themselves, also for a hidden page. Any byte is a sign of life.
 *
 * Time is counted in ticks, not by a clock: when this process stands still, no client becomes quiet by that.
 */
export class Heartbeat {
  readonly #entries = new Map<BeatingSocket, Entry>()
  readonly #deadTicks: number
  readonly #ticking: NodeJS.Timeout

  constructor({ tickMs = TICK_MS, deadTicks = Infinity }: HeartbeatOptions = {}) {
    this.#deadTicks = deadTicks
    this.#ticking = setInterval(() => this.#tick(), tickMs)
    this.#ticking.unref()
  }

  /**
   * Looks at a socket until it closes. Does nothing for a socket that is looked at already.
   *
   * @param stream what the WebSocket was made from: a `Socket` if Node's own server made it. Of any other it is not known what has come
   */
  add(webSocket: BeatingSocket, stream: Duplex, beating: Beating): void {
    if (this.#entries.has(webSocket) || !(stream instanceof Socket)) return
    this.#entries.set(webSocket, { webSocket, stream, beating, bytesRead: stream.bytesRead, ticks: 0 })
    webSocket.once("close", () => this.#entries.delete(webSocket))
  }

  stop(): void {
    clearInterval(this.#ticking)
  }

  #tick(): void {
    for (const entry of this.#entries.values()) this.#look(entry)
  }

  #look(entry: Entry): void {
    const { webSocket, stream, beating } = entry
    const { bytesRead } = stream
    if (bytesRead !== entry.bytesRead) {
      const wasQuiet = entry.ticks >= QUIET_TICKS
      entry.bytesRead = bytesRead
      entry.ticks = 0
      if (wasQuiet) beating.onHeard()
      return
    }
    // Its silence means nothing while this process does not read from it.
    if (webSocket.isPaused) return
    entry.ticks++
    if (PING_TICKS.includes(entry.ticks)) beating.ping()
    if (entry.ticks === QUIET_TICKS) beating.onQuiet()
    if (entry.ticks < this.#deadTicks) return
    this.#entries.delete(webSocket)
    beating.onDead?.()
  }
}
