import type { GroupRequest } from "@shopwire/client/session"
import { button, h } from "./dom.ts"
import { type Offer, offersTo, offerText } from "./offers.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

/** What friends ask the customer: whether a line may be added to the own cart, or be given away. */
export class OfferRows {
  readonly element = h("div", { class: "offers" })
  readonly #say: Say
  readonly #onRequest: (request: GroupRequest) => void
  #shown = ""

  constructor(say: Say, onRequest: (request: GroupRequest) => void) {
    this.#say = say
    this.#onRequest = onRequest
  }

  update(state: TogetherState, names: ReadonlyMap<string, string>): void {
    const { phase, status, customerId = "" } = state
    const offers = phase === "live" ? offersTo(customerId, status) : []
    const isOpen = status?.phase === "shopping"
    const shown = JSON.stringify([offers, isOpen, [...names]])
    if (shown === this.#shown) return
    this.#shown = shown
    this.element.replaceChildren(...offers.map((offer) => this.#row(offer, customerId, isOpen, names)))
  }

  #row(offer: Offer, customerId: string, isOpen: boolean, names: ReadonlyMap<string, string>): HTMLElement {
    const say = this.#say
    const answer = (accept: boolean): HTMLButtonElement =>
      button(
        { class: accept ? "small primary" : "small" },
        () => this.#onRequest({ event: "answerOffer", payload: { customerId, offer: offer.id, accept } }),
        say(accept ? `offer.${offer.type}.yes` : `offer.${offer.type}.no`),
      )
    const question = h("span", {}, offerText(offer, names, say))
    return h("div", { class: "question", role: "group" }, question, ...(isOpen ? [answer(true)] : []), answer(false))
  }
}
