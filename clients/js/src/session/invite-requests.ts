import { RefusedError } from "./refusals.ts"

/** Requests for invitations that the edge has not answered yet. It answers them in their order. */
export class InviteRequests {
  readonly #waiting: { resolve(invite: string): void; reject(error: Error): void }[] = []

  /** Resolves with the invitation. Rejects with RefusedError. */
  add(): Promise<string> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  resolveNext(invite: string): void {
    this.#waiting.shift()?.resolve(invite)
  }

  rejectNext(code: string): void {
    this.#waiting.shift()?.reject(new RefusedError(code))
  }

  rejectAll(code: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new RefusedError(code))
  }
}
