import type { ServerPayloads } from "../../../../contract/legacy.ts"
import { RefusedError } from "./refusals.ts"

interface Waiting {
  readonly event: string
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** Requests that the edge has not answered yet. It answers those of one event in their order. */
export class EdgeRequests {
  #waiting: readonly Waiting[] = []

  /** Resolves with the answer. Rejects with RefusedError. */
  add<E extends keyof ServerPayloads>(event: E): Promise<ServerPayloads[E]> {
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting = [...this.#waiting, { event, resolve, reject }]
    }) as Promise<ServerPayloads[E]>
  }

  resolveNext<E extends keyof ServerPayloads>(event: E, answer: ServerPayloads[E]): void {
    this.#take(event)?.resolve(answer)
  }

  rejectNext(event: string, code: string, data?: unknown): void {
    this.#take(event)?.reject(new RefusedError(code, data))
  }

  rejectAll(code: string): void {
    const all = this.#waiting
    this.#waiting = []
    for (const { reject } of all) reject(new RefusedError(code))
  }

  #take(event: string): Waiting | undefined {
    const next = this.#waiting.find((waiting) => waiting.event === event)
    this.#waiting = this.#waiting.filter((waiting) => waiting !== next)
    return next
  }
}
