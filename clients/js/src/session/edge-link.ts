import { backoffMs } from "../backoff.ts"
import { toJson } from "./json.ts"
import { type Incoming, type Outgoing, readMessage } from "./protocol.ts"

/** The longest pause before another attempt to connect, in ms. */
const MAX_PAUSE_MS = 15_000
/** How long the edge may take to answer a message, in ms. After that the connection counts as dead. */
const DEFAULT_ANSWER_MS = 10_000
/** The widget pings the edge when no message has come from it for this time, in ms. */
const DEFAULT_QUIET_MS = 7000
/** How long the edge may take to answer a ping, in ms. So a dead connection is noticed within 11 s. */
const PING_ANSWER_MS = 4000

/** One connection to the edge. */
export interface Socket {
  send(text: string): void
  close(): void
}

export interface SocketHandlers {
  onOpen(): void
  onFrame(frame: unknown): void
  /** Called once, even if the connection never opened. */
  onClose(): void
}

export interface EdgeLinkOptions {
  readonly connect: (handlers: SocketHandlers) => Socket
  /** How long the edge may take to answer, in ms. Default 10 s; 4 s for a ping. */
  readonly answerMs?: number
  /** How long to wait for a message from the edge before a ping, in ms. Default 7 s. */
  readonly quietMs?: number
  /** A random number from 0 to 1, which spreads the attempts to reconnect. */
  readonly random?: () => number
}

export interface EdgeLinkHandlers {
  onOpen(): void
  onMessage(message: Incoming): void
  /** The connection is lost. Call `drop`, and `connectLater` if it is still needed. */
  onLoss(): void
}

/**
 * The connection to the edge, one after the other. It pings the edge, since browsers do not notice when a connection is silently
 * cut.
 */
export class EdgeLink {
  readonly #options: EdgeLinkOptions
  readonly #handlers: EdgeLinkHandlers
  #socket: Socket | undefined
  #hasEntered = false
  #attempt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #answer: ReturnType<typeof setTimeout> | undefined
  #quiet: ReturnType<typeof setTimeout> | undefined

  constructor(options: EdgeLinkOptions, handlers: EdgeLinkHandlers) {
    this.#options = options
    this.#handlers = handlers
  }

  /** Whether the edge has let the customer in on this connection. */
  get hasEntered(): boolean {
    return this.#hasEntered
  }

  random(): number {
    return (this.#options.random ?? Math.random)()
  }

  connect(): void {
    clearTimeout(this.#retry)
    this.#hasEntered = false
    const isCurrent = (): boolean => this.#socket === socket
    const socket = this.#options.connect({
      onOpen: () => {
        if (isCurrent()) this.#handlers.onOpen()
      },
      onFrame: (frame) => {
        const message = readMessage(frame)
        if (isCurrent() && message !== undefined) this.#receive(message)
      },
      onClose: () => {
        if (isCurrent()) this.#handlers.onLoss()
      },
    })
    this.#socket = socket
    this.#expectAnswer()
  }

  /** Connects after a pause, which grows until the customer has entered. */
  connectLater(): void {
    this.#retry = setTimeout(() => this.connect(), backoffMs(this.#attempt++, MAX_PAUSE_MS, this.random()))
  }

  markEntered(): void {
    this.#hasEntered = true
    this.#attempt = 0
  }

  send(message: Outgoing): void {
    this.#socket?.send(toJson(message))
    this.#expectAnswer()
  }

  ping(): void {
    this.#stopExpecting()
    this.#expectAnswer(this.#options.answerMs ?? PING_ANSWER_MS)
    this.send({ event: "ping" })
  }

  /** Pings after `ms`, unless a message comes before. */
  pingAfter(ms: number): void {
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => this.#hasEntered && this.ping(), ms)
  }

  /** Closes the connection, and cancels a pending attempt to connect. */
  drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#hasEntered = false
    this.#stopExpecting()
    clearTimeout(this.#quiet)
    clearTimeout(this.#retry)
    socket?.close()
  }

  #receive(message: Incoming): void {
    this.#stopExpecting()
    this.pingAfter(this.#options.quietMs ?? DEFAULT_QUIET_MS)
    this.#handlers.onMessage(message)
  }

  /** The edge answers every message. If it does not, the connection is dead, though it may look alive for minutes. */
  #expectAnswer(ms = this.#options.answerMs ?? DEFAULT_ANSWER_MS): void {
    this.#answer ??= setTimeout(() => this.#handlers.onLoss(), ms)
  }

  #stopExpecting(): void {
    clearTimeout(this.#answer)
    this.#answer = undefined
  }
}
