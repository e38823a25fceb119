import type { Conn, Msg } from "../conn.ts"
import { ResError } from "../errors.ts"

const PREFIX = "task."

/** A task that the owner of a name runs for another process of the service: takes and returns any JSON value. */
export type OwnerTask = (name: string, params: unknown) => Promise<unknown>

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** Runs tasks on the process that owns a name's shard. Only processes of the service can ask for one. */
export class OwnerTasks {
  readonly #conn: Conn
  readonly #tasks = new Map<string, OwnerTask>()
  readonly #waiting = new Map<string, Waiting>()
  #inbox: string | undefined
  #count = 0

  constructor(conn: Conn) {
    this.#conn = conn
  }

  /** Says what a task does. */
  on(task: string, run: OwnerTask): void {
    this.#tasks.set(task, run)
  }

  /**
   * Asks the owner of a name to run a task, and resolves to its result. `route` passes the request on.
   *
   * @throws {ResError} what the task throws · `system.timeout`
   */
  ask(task: string, name: string, params: unknown, timeoutMs: number, route: (msg: Msg) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#inbox ??= this.#openInbox()
      const reply = `${this.#inbox}.${this.#count++}`
      const timer = setTimeout(() => this.#take(reply)?.reject(new ResError("system.timeout")), timeoutMs)
      this.#waiting.set(reply, { resolve, reject, timer })
      const data = Buffer.from(JSON.stringify({ params }))
      route({ subject: `${PREFIX}${task}.${name}`, data, reply, noResponders: false })
    })
  }

  /** Runs a task, if the message asks for one. */
  handle({ subject, data, reply }: Msg): boolean {
    if (!subject.startsWith(PREFIX)) return false
    const [, task = "", ...name] = subject.split(".")
    const run = this.#tasks.get(task) ?? (() => Promise.reject(new ResError("system.methodNotFound")))
    const { params } = JSON.parse(Buffer.from(data).toString()) as { params: unknown }
    const answering = run(name.join("."), params).then(
      (result) => ({ result }),
      (error: unknown) => ({ error: ResError.from(error) }),
    )
    void answering.then((answer) => {
      if (reply !== undefined) this.#conn.publish(reply, JSON.stringify(answer))
    })
    return true
  }

  /** Fails what is waited for. */
  stop(): void {
    for (const reply of [...this.#waiting.keys()]) this.#take(reply)?.reject(new ResError("system.serviceUnavailable"))
  }

  #openInbox(): string {
    const inbox = this.#conn.newInbox()
    this.#conn.subscribe(`${inbox}.*`, ({ subject, data }) => {
      const text = Buffer.from(data).toString()
      if (text.startsWith("timeout:")) return
      const { result, error } = JSON.parse(text) as { result?: unknown; error?: unknown }
      const waiting = this.#take(subject)
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(ResError.fromJSON(error))
    })
    return inbox
  }

  #take(reply: string): Waiting | undefined {
    const waiting = this.#waiting.get(reply)
    this.#waiting.delete(reply)
    clearTimeout(waiting?.timer)
    return waiting
  }
}
