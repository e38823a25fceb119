/** What a backlog needs. */
export interface BacklogOptions {
  /** True while messages must wait. */
  readonly isFull: () => boolean
  readonly handle: (text: string) => void
  /** Stops or resumes reading from the client. */
  readonly setReading: (reads: boolean) => void
}

/** Messages of one client that must wait, in order. While any wait, the gateway does not read from the client. */
export class Backlog {
  readonly #options: BacklogOptions
  /** Messages that were read before the gateway stopped reading. */
  readonly #waiting: string[] = []
  #reads = true

  constructor(options: BacklogOptions) {
    this.#options = options
  }

  add(text: string): void {
    this.#waiting.push(text)
    this.work()
  }

  /** Call it when messages may no longer have to wait. */
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
