import { connect, type NatsConnection, type Subscription } from "nats"
import type { Inbox } from "./inbox.ts"

/** One run of a case that shares the service's connection with others. */
interface Run {
  /** Texts in a subject that tell that it belongs to this run; empty: all subjects do. */
  readonly marks: readonly string[]
  readonly inbox: Inbox
}

/**
 * The service of all cases that run at the same time: one NATS connection, which hands each request to the run that it
 * belongs to.
 */
export class Listener {
  readonly #nc: NatsConnection
  readonly #subjects: readonly string[]
  readonly #runs = new Set<Run>()

  private constructor(nc: NatsConnection, subjects: readonly string[]) {
    this.#nc = nc
    this.#subjects = subjects
    for (const subject of subjects) this.#listen(subject)
  }

  static async open(natsUrl: string, subjects: readonly string[]): Promise<Listener> {
    const nc = await connect({ servers: natsUrl, reconnect: false })
    const listener = new Listener(nc, subjects)
    await nc.flush()
    return listener
  }

  /** Until the returned function is called, gives `run` its requests, also on subjects that only it listens to. */
  async join(run: Run, subjects: readonly string[]): Promise<() => void> {
    const own = subjects.filter((subject) => !this.#subjects.includes(subject)).map((subject) => this.#listen(subject))
    this.#runs.add(run)
    if (own.length > 0) await this.#nc.flush()
    return () => {
      this.#runs.delete(run)
      for (const subscription of own) subscription.unsubscribe()
    }
  }

  publish(subject: string, text: string): void {
    this.#nc.publish(subject, text)
  }

  /** Resolves when nats-server has taken all that was published. */
  flush(): Promise<void> {
    return this.#nc.flush()
  }

  close(): Promise<void> {
    return this.#nc.close()
  }

  #listen(subject: string): Subscription {
    return this.#nc.subscribe(subject, {
      callback: (error, { subject, data, reply = "" }) => {
        if (error) return
        const text = Buffer.from(data).toString()
        for (const { marks, inbox } of this.#runs) {
          if (marks.length > 0 && !marks.some((mark) => subject.includes(mark))) continue
          inbox.put("service", { kind: "request", subject, text, reply })
        }
      },
    })
  }
}
