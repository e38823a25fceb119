import type { Remembered } from "./memory.ts"
import { isForgotten, passesWithTime } from "./refusals.ts"

/** A way to enter a session. */
export type EntryStep = "start" | "join" | "resume"

/** How a customer enters the session on one connection: by one step after the other, each tried at most once. */
export class Entry {
  readonly #wasIn: boolean
  readonly #tried = new Set<EntryStep>()
  #step: EntryStep

  /** `how`: for a customer who was not in the session before. */
  constructor(how: "start" | "join", identity: Remembered | undefined) {
    this.#wasIn = identity !== undefined
    this.#step = identity === undefined ? how : identity.resumeToken === undefined ? "join" : "resume"
  }

  get step(): EntryStep {
    return this.#step
  }

  /** The step to try after the last one was refused; `later`: on another connection; `never`: the session is over for the customer. */
  next(code: string): EntryStep | "later" | "never" {
    const next = this.#alternative(code)
    if (next === undefined) return passesWithTime(code) ? "later" : "never"
    this.#tried.add(this.#step)
    if (this.#tried.has(next)) return "later"
    this.#step = next
    return next
  }

  #alternative(code: string): EntryStep | undefined {
    if (this.#step === "resume" && isForgotten(code)) return "join"
    // Nobody is left, or nobody has come back yet: one who was in the session opens it again for the others.
    if (this.#step === "join" && code === "session.notStarted" && this.#wasIn) return "start"
    if (this.#step === "start" && code === "session.hostPresent") return "join"
    return undefined
  }
}
