/** What a backlog works with. */
export interface BacklogOptions {
  /** True while messages must wait. */
  readonly isFull: () => boolean
  readonly handle: (text: string) => void
  /** Stops reading from the client, and begins again. */
  readonly setReading: (reads: boolean) => void
}

/** Messages of one client, in their order. While they must wait, the client is not read: what it sends then stays with it. */
export class Backlog {
  readonly #options: BacklogOptions
  /** What was read already. */
  readonly #waiting: string[] = []
  #reads = true

  constructor(options: BacklogOptions) {
    this.#options = options
  }

  add(text: string): void {
    this.#waiting.push(text)
    this.work()
  }

  /** To be called when messages may not have to wait any more. */
  work(): void {
    const { isFull, handle, setReading } = this.#options
    while (!isFull()) {
      const text = this.#waiting.shift()
      if (text === undefined) break
      handle(text)
    }
    const reads = this.#waiting.length === 0
    if (reads !== this.#reads) setReading(reads)
    this.#reads = reads
  }
}
