import type { Conn } from "../../src/conn.ts"

/** A pre-response: the requester waits for two minutes. */
const WAIT = 'timeout:"120000"'

type Values = Record<string, unknown> | unknown[]

/**
 * A service with a few resources, on a bare `Conn`, so that tests can make it misbehave: answer late, never or twice, or send no
 * events.
 */
export class Library {
  readonly resources = new Map<string, Values>()
  readonly requests: { subject: string; payload: Record<string, unknown> }[] = []
  /** Overrides the answers to requests by their subject: texts to send one after the other. Undefined: the usual answer. */
  answers: (subject: string) => readonly string[] | undefined = () => undefined
  /** Subjects whose requests are not answered yet, with where the answer goes. */
  readonly #withheld = new Map<string, string | undefined>()
  readonly #conn: Conn

  constructor(conn: Conn, prefix = "library") {
    this.#conn = conn
    for (const type of ["get", "access", "call", "auth"]) {
      conn.subscribe(`${type}.${prefix}.>`, ({ subject, data, reply }) => {
        const payload = JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>
        this.requests.push({ subject, payload })
        if (reply && this.#withheld.has(subject)) {
          this.#withheld.set(subject, reply)
          conn.publish(reply, WAIT)
          return
        }
        for (const answer of this.answers(subject) ?? [this.#answer(subject)]) if (reply) conn.publish(reply, answer)
      })
    }
  }

  set(name: string, values: Values): void {
    this.resources.set(name, values)
  }

  /** Lets a request wait until `answerNow`, longer than any test takes. */
  withhold(subject: string): void {
    this.#withheld.set(subject, undefined)
  }

  answerNow(subject: string, answer: string): void {
    const reply = this.#withheld.get(subject)
    if (reply === undefined) throw new Error(`nobody waits for ${subject}`)
    this.#withheld.delete(subject)
    this.#conn.publish(reply, answer)
  }

  /** Changes a model, and sends an event unless `silent`. */
  change(name: string, values: Record<string, unknown>, silent = false): void {
    Object.assign(this.resources.get(name) ?? {}, values)
    if (!silent) this.event(name, "change", { values })
  }

  add(name: string, idx: number, value: unknown, silent = false): void {
    this.#collection(name).splice(idx, 0, value)
    if (!silent) this.event(name, "add", { idx, value })
  }

  remove(name: string, idx: number, silent = false): void {
    this.#collection(name).splice(idx, 1)
    if (!silent) this.event(name, "remove", { idx })
  }

  event(name: string, event: string, payload?: unknown): void {
    this.#conn.publish(`event.${name}.${event}`, payload === undefined ? "" : JSON.stringify(payload))
  }

  reset(resources: readonly string[]): void {
    this.#conn.publish("system.reset", JSON.stringify({ resources }))
  }

  #collection(name: string): unknown[] {
    const values = this.resources.get(name)
    if (!Array.isArray(values)) throw new Error(`${name} is no collection`)
    return values
  }

  #answer(subject: string): string {
    const [type = "", ...rest] = subject.split(".")
    if (type === "access") return '{"result":{"get":true,"call":"*"}}'
    if (type !== "get") return '{"result":null}'
    const values = this.resources.get(rest.join("."))
    if (!values) return '{"error":{"code":"system.notFound","message":"Not found"}}'
    return JSON.stringify({ result: Array.isArray(values) ? { collection: values } : { model: values } })
  }
}

/** Waits until all messages under way have arrived. */
export async function settled(conn: Conn): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await conn.flush()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
