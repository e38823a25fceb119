import { health } from "../../../contract/shopwire.ts"
import { isUnanswered } from "./failure.ts"
import type { GatewaySocket } from "./gateway-socket.ts"

/** The resource that shows whether the service answers, not only the gateway. Everyone may `get` it. */
const HEALTH = health.name({})

/** An id that resclient never uses: it counts from 1. */
const PROBE_ID = 0

/** When the service has sent nothing for this time, in ms, it is asked. */
const QUIET_MS = 10_000
/** While it does not answer: the pause between requests, in ms. */
const AGAIN_MS = 2000
/** Time for any answer of the gateway, in ms; the gateway gives the service 3 s. */
const ANSWER_MS = 4000

/** The findings of a probe. */
export interface ProbeFindings {
  /** The service has answered, or sent an event. */
  readonly onAnswer: () => void
  /** The gateway reports that the service does not answer. */
  readonly onSilence: () => void
  /** Not even the gateway answers: the connection is dead. */
  readonly onDead: () => void
}

/**
 * Checks whether the other end of a WebSocket is alive. A browser does not notice a dead connection, and a gateway keeps running
 * without a service; in both cases a page would look live but never change.
 *
 * Sends its own `get` requests besides resclient's, and hides their answers from resclient.
 *
 * Source: RES-Client protocol 1.2.3, "Get request".
 */
export class Probe {
  readonly #socket: GatewaySocket
  readonly #findings: ProbeFindings
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = false

  constructor(socket: GatewaySocket, findings: ProbeFindings) {
    this.#socket = socket
    this.#findings = findings
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** Asks at once: at the start, or when somebody looks at the page again. Then it continues by itself. */
  ask(): void {
    if (this.#asked || !this.#socket.isOpen) return
    this.#asked = true
    this.#socket.send(JSON.stringify({ id: PROBE_ID, method: `get.${HEALTH}` }))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#findings.onDead, ANSWER_MS)
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.ask(), ms)
  }

  /** Looks at a message. Returns true for the answer to a request of its own. */
  takes(data: string): boolean {
    // Gateways write an event's name first. Other messages are parsed only while an answer is pending.
    if (data.startsWith('{"event"')) {
      this.#findings.onAnswer()
      if (!this.#asked) this.#wait(QUIET_MS)
      return false
    }
    if (!this.#asked) return false
    const { id, error } = JSON.parse(data) as { id?: unknown; error?: { code: string } }
    if (id !== PROBE_ID) return false
    this.#asked = false
    if (error !== undefined && isUnanswered(error)) {
      this.#findings.onSilence()
      this.#wait(AGAIN_MS)
    } else {
      this.#findings.onAnswer()
      this.#wait(QUIET_MS)
    }
    return true
  }
}
