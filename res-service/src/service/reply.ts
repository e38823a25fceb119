import type { Conn, Headers } from "../conn.ts"
import { type ErrorObject, ResError } from "../errors.ts"
import { isLevelEnabled, type Logger } from "../logger.ts"
import type { Observation } from "./observer.ts"
import type { Meta } from "./request.ts"

/** An answer as it is sent. Source: RES-Service protocol 1.2.3, "Response". */
export type Response = { readonly meta?: Meta } & (
  | { readonly result: unknown }
  | { readonly resource: { readonly rid: string } }
  | { readonly error: ErrorObject | ResError }
)

/** Answers one request. */
export class Reply {
  readonly #conn: Conn
  readonly #logger: Logger
  readonly #request: string
  readonly subject: string
  readonly #observation: Observation | undefined
  #answered = false

  /**
   * @param request the name of the request in the log
   * @param subject the reply subject
   */
  constructor(conn: Conn, logger: Logger, request: string, subject: string, observation?: Observation) {
    this.#conn = conn
    this.#logger = logger
    this.#request = request
    this.subject = subject
    this.#observation = observation
  }

  get answered(): boolean {
    return this.#answered
  }

  /** Sends the answer. A second answer is a mistake: it is logged and dropped. */
  answer(response: Response, headers?: Headers): void {
    if (this.#answered) {
      this.#logger.error({ request: this.#request }, "a request was answered twice; the second answer is dropped")
      return
    }
    this.#answered = true
    const payload = this.#encode(response)
    this.#send(payload ?? JSON.stringify({ error: new ResError("system.internalError") }), headers)
    this.#observation?.end(
      payload === undefined ? "system.internalError" : "error" in response ? response.error.code : undefined,
    )
  }

  /** Source: RES-Service protocol 1.2.3, "Pre-response". */
  extendTimeout(timeoutMs: number): void {
    if (!this.#answered) this.#send(`timeout:"${Math.ceil(timeoutMs)}"`)
  }

  #encode(response: Response): string | undefined {
    try {
      const payload = JSON.stringify(response)
      const limitBytes = this.#conn.maxPayloadBytes
      // A string has at most 3 bytes per character, so the exact size is only needed near the limit.
      if (payload.length * 3 <= limitBytes || Buffer.byteLength(payload) <= limitBytes) return payload
      this.#logger.error({ request: this.#request, limitBytes }, "an answer is too large for one message")
    } catch (error) {
      this.#logger.error({ request: this.#request, err: error }, "an answer cannot be written as JSON")
    }
    return undefined
  }

  #send(payload: string, headers?: Headers): void {
    if (isLevelEnabled(this.#logger, "trace")) this.#logger.trace({ subject: this.#request, payload }, "<==")
    this.#conn.publish(this.subject, payload, undefined, headers)
  }
}
