import { areAllReady, waitedFor } from "@shopwire/client/session"
import { cartLines, totalOf } from "./cart-lines.ts"
import { h, icon, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import { isWaitedFor } from "./nudge.ts"
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
}

/** The lower part of the panel: who is ready, the way to the checkout, and the group's total. */
export class ReadyBar {
  readonly element: HTMLElement
  readonly #options: ReadyBarOptions
  readonly #total = h("span", { class: "amount" })
  readonly #ready: HTMLButtonElement
  readonly #reason = h("p", { class: "reason", id: "reason" })
  readonly #allReady: HTMLElement
  readonly #checkout: HTMLButtonElement
  #isLocked = true

  constructor(options: ReadyBarOptions) {
    const { say } = options
    this.#options = options
    this.#ready = h(
      "button",
      { type: "button", role: "switch", class: "ready-switch", "aria-describedby": "reason" },
      h("span", { class: "track" }, h("span", { class: "thumb" }, icon("check"), icon("lock"))),
      h("span", {}, say("footer.ready")),
    )
    this.#ready.addEventListener("click", () => {
      if (!this.#isLocked) options.onReady(this.#ready.getAttribute("aria-checked") !== "true")
    })
    this.#checkout = h("button", { type: "button", class: "primary" }, say("footer.checkout"))
    this.#checkout.addEventListener("click", options.onCheckout)
    this.#allReady = h(
      "div",
      { class: "all-ready" },
      h("span", {}, icon("check"), say("footer.allReady")),
      this.#checkout,
    )
    const leave = h("button", { type: "button", class: "quiet leave" }, say("panel.leave"))
    leave.addEventListener("click", options.onLeave)
    this.element = h(
      "div",
      { class: "ready-bar" },
      this.#allReady,
      this.#ready,
      this.#reason,
      h("div", { class: "sum" }, h("span", {}, say("footer.total"), " ", this.#total), leave),
    )
  }

  update({ phase, members, customerId }: TogetherState, names: ReadonlyMap<string, string>): void {
    const { formats, canCheckout } = this.#options
    const isReady = members.some(({ id, isReady }) => id === customerId && isReady)
    const waiting = isReady ? [] : waitedFor(members, customerId).map(({ id }) => names.get(id) ?? "")
    this.#isLocked = phase !== "live" || waiting.length > 0
    this.#ready.setAttribute("aria-checked", String(isReady))
    this.#ready.setAttribute("aria-disabled", String(this.#isLocked))
    const isNudged = isWaitedFor(members, customerId)
    setText(this.#reason, this.#reasonFor(phase === "live", waiting, isNudged))
    this.#allReady.hidden = !areAllReady(members)
    this.#checkout.hidden = !canCheckout()
    const totals = members.map(({ content }) => totalOf(cartLines(content, location.origin)) ?? 0)
    setText(this.#total, formats.price(totals.reduce((sum, amount) => sum + amount, 0)))
  }

  #reasonFor(isLive: boolean, waiting: readonly string[], isNudged: boolean): string {
    const { say } = this.#options
    if (!isLive) return say("footer.offline")
    if (waiting.length > 0) return say("footer.wait", { names: waiting })
    return isNudged ? say("footer.nudge") : ""
  }
}
