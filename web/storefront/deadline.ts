import { countdown } from "./countdown.ts"
import { h, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

/** From this time before the deadline on, the left time is shown, in ms; before that, the time of day. */
const COUNTED_MS = 60 * 60 * 1000
/** The left minutes that are told. */
const TOLD_MINUTES = [5, 1]

/** The time that is left until the carts are locked, by the server's clock. */
export class Deadline {
  readonly element = h("p", { class: "deadline", role: "timer", hidden: "" })
  readonly #say: Say
  readonly #formats: Formats
  readonly #tell: (text: string) => void
  #deadline: string | null = null
  #clockAheadMs = 0
  #lastLeftMs = 0
  #ticking: ReturnType<typeof setInterval> | undefined

  constructor(say: Say, formats: Formats, tell: (text: string) => void) {
    this.#say = say
    this.#formats = formats
    this.#tell = tell
  }

  update({ phase, status, clockAheadMs }: TogetherState): void {
    const isOpen = phase === "live" || phase === "reconnecting"
    const deadline = isOpen && status?.phase === "shopping" ? status.deadline : null
    this.#clockAheadMs = clockAheadMs
    this.element.hidden = deadline === null
    if (deadline === this.#deadline) return
    this.#deadline = deadline
    clearInterval(this.#ticking)
    if (deadline === null) return
    this.#lastLeftMs = this.#leftMs
    this.#ticking = setInterval(() => this.#tick(), 1000)
    this.#tick()
  }

  get #leftMs(): number {
    return Date.parse(this.#deadline ?? "") - Date.now() - this.#clockAheadMs
  }

  #tick(): void {
    const leftMs = this.#leftMs
    const time = leftMs < COUNTED_MS ? countdown(leftMs) : this.#formats.time(this.#deadline ?? "")
    setText(this.element, this.#say(leftMs < COUNTED_MS ? "group.lockedIn" : "group.lockedAt", { time }))
    for (const minutes of TOLD_MINUTES) {
      const ms = minutes * 60_000
      if (this.#lastLeftMs > ms && leftMs <= ms)
        this.#tell(this.#say("said.left.time", { time: this.#formats.minutes(minutes) }))
    }
    this.#lastLeftMs = leftMs
  }
}
