import type { GroupRequest } from "@shopwire/client/session"
import { button, h, icon, setText } from "./dom.ts"
import type { Say, TextName } from "./texts.ts"
import type { TogetherState } from "./together.ts"

export interface PhaseBarOptions {
  readonly say: Say
  readonly canCheckout: () => boolean
  readonly onCheckout: () => void
  /** Asks for something beside the carts. */
  readonly onRequest: (request: GroupRequest) => void
}

/** What the group does beside shopping: the carts are locked, somebody pays, or they are ordered. */
export class PhaseBar {
  readonly element: HTMLElement
  readonly #options: PhaseBarOptions
  readonly #text = h("span")
  readonly #checkout: HTMLButtonElement
  readonly #complete: HTMLButtonElement
  readonly #cancel: HTMLButtonElement
  readonly #again: HTMLButtonElement

  constructor(options: PhaseBarOptions) {
    const { say, onCheckout, onRequest } = options
    this.#options = options
    const way = (name: TextName, onClick: () => void, className = "small"): HTMLButtonElement =>
      button({ class: className }, onClick, say(name))
    this.#checkout = way("footer.checkout", onCheckout, "small primary")
    this.#complete = way("group.complete", () => onRequest({ event: "completeCheckout", payload: {} }))
    this.#cancel = way("group.cancel", () => onRequest({ event: "cancelCheckout" }))
    this.#again = way("group.again", () => onRequest({ event: "shopAgain" }))
    this.element = h(
      "div",
      { class: "phase", role: "status", hidden: "" },
      h("p", {}, icon("together"), this.#text),
      h("div", { class: "ways" }, this.#checkout, this.#complete, this.#cancel, this.#again),
    )
  }

  update(state: TogetherState, names: ReadonlyMap<string, string>): void {
    const { phase, status, members, customerId } = state
    const now = status?.phase ?? "shopping"
    const isPayer = status?.payer === customerId
    const isHost = members.some(({ id, isHost }) => id === customerId && isHost)
    const isPaying = phase === "live" && now === "checkingOut"
    this.element.hidden = now === "shopping"
    setText(this.#text, this.#textFor(state, names))
    this.#checkout.hidden = !isPaying || !isPayer || !this.#options.canCheckout()
    this.#complete.hidden = !isPaying || !isPayer
    this.#cancel.hidden = !isPaying || !(isPayer || isHost)
    this.#again.hidden = !(phase === "live" && now === "ordered" && isHost)
  }

  #textFor({ status, customerId }: TogetherState, names: ReadonlyMap<string, string>): string {
    const { say } = this.#options
    if (status === undefined || status.phase === "shopping") return ""
    const { phase, payer, order_ref: ref } = status
    if (phase === "locked") return say(status.locked_by === "deadline" ? "group.locked.deadline" : "group.locked")
    if (phase === "ordered") return ref === null ? say("group.ordered") : say("group.ordered.ref", { ref })
    if (payer === customerId) return say("group.checkingOut.you")
    return say("group.checkingOut", { name: names.get(payer ?? "") ?? "" })
  }
}
