import type { GroupRequest } from "@shopwire/client/session"
import { button, h, icon, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

/** The deadlines that the host can choose, in minutes from now. */
const DEADLINES = [5, 10, 15, 30, 60]

/** What only the host may do: lock the carts, now or at a deadline. */
export class HostTools {
  readonly element: HTMLElement
  readonly #say: Say
  readonly #formats: Formats
  readonly #lock: HTMLButtonElement
  readonly #lockText = h("span")
  readonly #deadline = h("select", { id: "deadline" })
  #state: TogetherState | undefined

  constructor(say: Say, formats: Formats, onRequest: (request: GroupRequest) => void) {
    this.#say = say
    this.#formats = formats
    const changeLock = (): void =>
      onRequest({ event: this.#state?.status?.phase === "locked" ? "unlockSession" : "lockSession" })
    this.#lock = button({ class: "small" }, changeLock, icon("lock"), this.#lockText)
    this.#deadline.addEventListener("change", () => {
      const minutes = Number(this.#deadline.value)
      const ms = Date.now() + (this.#state?.clockAheadMs ?? 0) + minutes * 60_000
      onRequest({ event: "setDeadline", payload: { at: minutes === 0 ? null : new Date(ms).toISOString() } })
      if (this.#state !== undefined) this.#showDeadline(this.#state)
    })
    this.element = h(
      "div",
      { class: "tools" },
      this.#lock,
      h("label", { for: "deadline" }, say("group.deadline")),
      this.#deadline,
    )
  }

  update(state: TogetherState): void {
    const { phase, status, members, customerId } = state
    const isHost = members.some(({ id, isHost }) => id === customerId && isHost)
    const mayLock = status?.phase === "shopping" || status?.phase === "locked"
    this.element.hidden = !(phase === "live" && isHost && mayLock && members.length > 1)
    setText(this.#lockText, this.#say(status?.phase === "locked" ? "group.unlock" : "group.lock"))
    if (status?.deadline !== this.#state?.status?.deadline || this.#state === undefined) this.#showDeadline(state)
    this.#state = state
  }

  #showDeadline({ status }: TogetherState): void {
    const deadline = status?.deadline ?? null
    const shown = deadline === null ? this.#say("group.deadline.none") : this.#formats.time(deadline)
    const options = [
      h("option", { value: "" }, shown),
      ...(deadline === null ? [] : [h("option", { value: "0" }, this.#say("group.deadline.none"))]),
      ...DEADLINES.map((minutes) => h("option", { value: String(minutes) }, this.#formats.minutes(minutes))),
    ]
    this.#deadline.replaceChildren(...options)
  }
}
