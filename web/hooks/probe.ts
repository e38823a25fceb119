import { health } from "../../contract/shopwire.ts"
import { isUnanswered } from "./failure.ts"

/** Asked for to see that the service answers, not only the gateway. Everybody may `get` it. */
const HEALTH = health.name({})

/** An id that resclient never uses: it counts from 1. */
const PROBE_ID = 0

/** Without a word from the service for this long, in ms, it is asked. */
const QUIET_MS = 10_000
/** While it does not answer, it is asked this often. */
const AGAIN_MS = 2000
/** Time for the gateway to answer in any way, in ms; its own time limit for the service is 3 s. */
const ANSWER_MS = 4000

/** What a probe finds out. */
export interface ProbeFindings {
  /** The service has answered, or sent an event. */
  readonly onAnswer: () => void
  /** The gateway says that the service does not answer. */
  readonly onSilence: () => void
  /** Not even the gateway answers: a connection that was cut without a word. */
  readonly onDead: () => void
}

/**
 * Watches one WebSocket: whether somebody is really there at its other end. A browser does not notice a connection that was cut
 * without a word, and a gateway lives on without a service behind it; in both cases a page would look live and stand still.
 *
 * Sends `get` requests of its own beside resclient's, and keeps the answers from it.
 *
 * Source: RES-Client protocol 1.2.3, "Get request".
 */
export class Probe {
  readonly #socket: WebSocket
  readonly #findings: ProbeFindings
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = false

  /** To be made before resclient listens to the socket. */
  constructor(socket: WebSocket, findings: ProbeFindings) {
    this.#socket = socket
    this.#findings = findings
    socket.addEventListener("message", (message: MessageEvent<string>) => this.#receive(message))
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** Asks now, to begin with, or when the page is looked at again; from then on by itself. */
  ask(): void {
    if (this.#asked || this.#socket.readyState !== WebSocket.OPEN) return
    this.#asked = true
    this.#socket.send(JSON.stringify({ id: PROBE_ID, method: `get.${HEALTH}` }))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#findings.onDead, ANSWER_MS)
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.ask(), ms)
  }

  #receive(message: MessageEvent<string>): void {
    // Gateways write an event's name first. Anything else is read only while an answer is due.
    if (message.data.startsWith('{"event"')) {
      this.#findings.onAnswer()
      if (!this.#asked) this.#wait(QUIET_MS)
      return
    }
    if (!this.#asked) return
    const { id, error } = JSON.parse(message.data) as { id?: unknown; error?: { code: string } }
    if (id !== PROBE_ID) return
    message.stopImmediatePropagation()
    this.#asked = false
    if (error !== undefined && isUnanswered(error)) {
      this.#findings.onSilence()
      this.#wait(AGAIN_MS)
    } else {
      this.#findings.onAnswer()
      this.#wait(QUIET_MS)
    }
  }
}
