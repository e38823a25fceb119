/** What came from the gateway to one party: `service`, `client:<label>` or `http:<label>`. */
export type Arrival =
  | { readonly kind: "request"; readonly subject: string; readonly text: string; readonly reply: string }
  | { readonly kind: "message"; readonly text: string; readonly binary: boolean }
  | { readonly kind: "upgrade" | "response"; readonly status: number; readonly headers: object; readonly text: string }
  | { readonly kind: "closed" | "failed"; readonly text: string }

/** Keeps what came, by party and in order, until a step takes it. */
export class Inbox {
  readonly #queues = new Map<string, Arrival[]>()
  #wake: (() => void) | undefined

  put(party: string, arrival: Arrival): void {
    const queue = this.#queues.get(party)
    if (queue) queue.push(arrival)
    else this.#queues.set(party, [arrival])
    this.#wake?.()
  }

  /** The next arrival at any of the parties; undefined if none comes in time. */
  async take(parties: readonly string[], timeoutMs: number): Promise<{ party: string; arrival: Arrival } | undefined> {
    const end = Date.now() + timeoutMs
    for (;;) {
      for (const party of parties) {
        const arrival = this.#queues.get(party)?.shift()
        if (arrival) return { party, arrival }
      }
      const leftMs = end - Date.now()
      if (leftMs <= 0) return undefined
      await this.#change(leftMs)
    }
  }

  /** Lines about what nobody took. */
  get rest(): string[] {
    return [...this.#queues].flatMap(([party, queue]) => queue.map((arrival) => `${party} got ${describe(arrival)}`))
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

export function describe(arrival: Arrival): string {
  const detail = "subject" in arrival ? ` ${arrival.subject}` : "status" in arrival ? ` ${arrival.status}` : ""
  return `${arrival.kind}${detail} ${arrival.text.slice(0, 500)}`
}
