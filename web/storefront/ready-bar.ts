import { areAllReady, type GroupRequest, isRecord, waitedFor } from "@shopwire/client/session"
import { cartLines, totalOf } from "./cart-lines.ts"
import { Deadline } from "./deadline.ts"
import { button, h, icon, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import { isWaitedFor } from "./nudge.ts"
import { PhaseBar } from "./phase-bar.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

export interface ReadyBarOptions {
  readonly say: Say
  readonly formats: Formats
  readonly onReady: (isReady: boolean) => void
  readonly onLeave: () => void
  /** Whether the shop offers a way to its checkout. */
  readonly canCheckout: () => boolean
  readonly onCheckout: () => void
  /** Asks for something beside the carts. */
  readonly onRequest: (request: GroupRequest) => void
  readonly tell: (text: string) => void
}

/** The lower part of the panel: who is ready, the way to the checkout, and the group's total. */
export class ReadyBar {
  readonly element: HTMLElement
  readonly #options: ReadyBarOptions
  readonly #total = h("span", { class: "amount" })
  readonly #ready: HTMLButtonElement
  readonly #reason = h("p", { class: "reason", id: "reason" })
  readonly #allReady: HTMLElement
  readonly #allReadyText = h("span")
  readonly #phase: PhaseBar
  readonly #deadline: Deadline
  readonly #checkout: HTMLButtonElement
  #isLocked = true

  constructor(options: ReadyBarOptions) {
    const { say, formats, tell } = options
    this.#options = options
    this.#phase = new PhaseBar(options)
    this.#deadline = new Deadline(say, formats, tell)
    this.#ready = button(
      { role: "switch", class: "ready-switch", "aria-describedby": "reason" },
      () => {
        if (!this.#isLocked) options.onReady(this.#ready.getAttribute("aria-checked") !== "true")
      },
      h("span", { class: "track" }, h("span", { class: "thumb" }, icon("check"), icon("lock"))),
      h("span", {}, say("footer.ready")),
    )
    this.#checkout = button({ class: "primary" }, options.onCheckout, say("footer.checkout"))
    this.#allReady = h("div", { class: "all-ready" }, h("span", {}, icon("check"), this.#allReadyText), this.#checkout)
    const leave = button({ class: "quiet leave" }, options.onLeave, say("panel.leave"))
    this.element = h(
      "div",
      { class: "ready-bar" },
      this.#deadline.element,
      this.#phase.element,
      this.#allReady,
      this.#ready,
      this.#reason,
      h("div", { class: "sum" }, h("span", {}, say("footer.total"), " ", this.#total), leave),
    )
  }

  update(state: TogetherState, names: ReadonlyMap<string, string>): void {
    const { phase, members, customerId, status } = state
    const { formats, say, canCheckout } = this.#options
    const own = members.find(({ id }) => id === customerId)
    const isReady = own?.isReady === true
    const isAlone = members.every(({ id, presence }) => id === customerId || presence === "away")
    const waiting = isReady ? [] : waitedFor(members, customerId).map(({ id }) => names.get(id) ?? "")
    const isPaid = status?.phase === "checkingOut" || status?.phase === "ordered"
    const isEmpty = status !== undefined && !isReady && isEmptyCart(own?.content)
    this.#isLocked = phase !== "live" || waiting.length > 0 || isEmpty
    this.#ready.hidden = isPaid
    this.#ready.setAttribute("aria-checked", String(isReady))
    this.#ready.setAttribute("aria-disabled", String(this.#isLocked))
    setText(this.#reason, isPaid ? "" : this.#reasonFor(state, waiting, isEmpty))
    this.#allReady.hidden = isPaid || !(areAllReady(members) || (isAlone && isReady))
    setText(this.#allReadyText, say(isAlone ? "footer.youReady" : "footer.allReady"))
    this.#checkout.hidden = !canCheckout()
    this.#phase.update(state, names)
    this.#deadline.update(state)
    setText(this.#total, formats.price(phase === "live" ? (status?.totals?.total ?? sumOf(members)) : sumOf(members)))
  }

  #reasonFor({ phase, members, customerId }: TogetherState, waiting: readonly string[], isEmpty: boolean): string {
    const { say } = this.#options
    if (phase !== "live") return say("footer.offline")
    if (waiting.length > 0) return say("footer.wait", { names: waiting })
    if (isEmpty) return say("error.session.cartEmpty")
    return isWaitedFor(members, customerId) ? say("footer.nudge") : ""
  }
}

/** A cart that has lines otherwise; of a cart in another form it is not known. */
function isEmptyCart(content: unknown): boolean {
  return isRecord(content) && Array.isArray(content.items) && content.items.length === 0
}

/** The sum of all carts as this page shows them: while it is not connected, or the server does not tell a total. */
function sumOf(members: TogetherState["members"]): number {
  return members.reduce((sum, { content }) => sum + (totalOf(cartLines(content, location.origin)) ?? 0), 0)
}
