import { decodeText } from "../client/requester.ts"
import type { Conn } from "../conn.ts"
import type { Logger } from "../logger.ts"

const BLANK = "***"
const SECRET_NAME = /^header$|token$|password|secret|credential|cookie|authorization|jwt/i
const SECRET_IN_QUERY = /([?&][^?&=]*(?:token|password|secret|jwt)[^?&=]*=)[^&]*/gi

/**
 * Logs the traffic without its secrets, with Resgate's arrows. `<==` to services, `==>` their answers, `=>>` events, `x=>` nobody
 * listens, `S=>` and `U=>` a subscription begins and ends. `-->` from a client, `<--` answers and `<<-` events to it.
 */
export class Trace {
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  fromClient(cid: string, text: string): void {
    this.#log.trace({ cid, message: redact(text, AUTH_MESSAGE.test(text)) }, "-->")
  }

  toClient(cid: string, text: string): void {
    this.#log.trace({ cid, message: redact(text) }, text.startsWith('{"event"') ? "<<-" : "<--")
  }

  connected(cid: string): void {
    this.#log.trace({ cid }, "connected")
  }

  disconnected(cid: string): void {
    this.#log.trace({ cid }, "disconnected")
  }

  /** `conn`, with its traffic logged. */
  conn(conn: Conn): Conn {
    const log = this.#log
    const inboxes: string[] = []
    return {
      publish: (subject, payload, reply) => {
        const text = typeof payload === "string" ? payload : decodeText(payload)
        log.trace({ subject, payload: redact(text, subject.startsWith("auth.")) }, "<==")
        conn.publish(subject, payload, reply)
      },
      subscribe: (subject, handler, queue) => {
        log.trace({ subject }, "S=>")
        const subscription = conn.subscribe(
          subject,
          (msg) => {
            const arrow = inboxes.some((inbox) => msg.subject.startsWith(inbox)) ? "==>" : "=>>"
            if (msg.noResponders) log.trace({ subject: msg.subject }, "x=>")
            else log.trace({ subject: msg.subject, payload: redact(decodeText(msg.data)) }, arrow)
            handler(msg)
          },
          queue,
        )
        return {
          unsubscribe: () => {
            log.trace({ subject }, "U=>")
            subscription.unsubscribe()
          },
        }
      },
      flush: () => conn.flush(),
      newInbox: () => {
        const inbox = conn.newInbox()
        inboxes.push(inbox)
        return inbox
      },
      get connected() {
        return conn.connected
      },
      get maxPayloadBytes() {
        return conn.maxPayloadBytes
      },
      onStatus: (listener) => conn.onStatus(listener),
    }
  }
}

const AUTH_MESSAGE = /"method"\s*:\s*"auth\./i

/**
 * A payload for the log. Tokens, headers, other members with names of secrets, and the params of auth requests are blanked out. A
 * payload that is not JSON may contain anything, so only its size is logged.
 */
export function redact(text: string, isAuth = false): unknown {
  if (text === "") return undefined
  try {
    return JSON.parse(text, (name, value: unknown) => {
      if (value === null) return value
      if (SECRET_NAME.test(name) || (isAuth && name === "params")) return BLANK
      return typeof value === "string" ? value.replace(SECRET_IN_QUERY, `$1${BLANK}`) : value
    })
  } catch {
    return `${Buffer.byteLength(text)} bytes that are not JSON`
  }
}
