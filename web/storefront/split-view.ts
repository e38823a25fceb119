import type { GroupRequest } from "@shopwire/client/session"
import { shownText } from "../shown-text.ts"
import { h, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

/** How the group's total is split: chosen by the host, with what each pays if that is not its own cart. */
export class SplitView {
  readonly element: HTMLElement
  readonly #say: Say
  readonly #formats: Formats
  readonly #choice: HTMLSelectElement
  readonly #label: HTMLElement
  readonly #shares = h("ul", { class: "shares" })
  readonly #rounding = h("p", { class: "hint" })

  constructor(say: Say, formats: Formats, onRequest: (request: GroupRequest) => void) {
    this.#say = say
    this.#formats = formats
    this.#label = h("label", { for: "split" }, say("split.title"))
    this.#choice = h(
      "select",
      { id: "split" },
      h("option", { value: "byCart" }, say("split.byCart")),
      h("option", { value: "evenly" }, say("split.evenly")),
    )
    this.#choice.addEventListener("change", () => {
      const split = this.#choice.value === "evenly" ? "evenly" : "byCart"
      onRequest({ event: "setSplit", payload: { split } })
    })
    this.element = h(
      "div",
      { class: "split" },
      h("div", { class: "tools" }, this.#label, this.#choice),
      this.#shares,
      this.#rounding,
    )
  }

  update({ phase, status, members, customerId }: TogetherState, names: ReadonlyMap<string, string>): void {
    const isHost = members.some(({ id, isHost }) => id === customerId && isHost)
    const totals = status?.totals ?? undefined
    const isEven = status?.split === "evenly"
    this.element.hidden = totals === undefined || members.length < 2 || !(isHost || isEven)
    if (totals === undefined) return
    this.#choice.value = status?.split ?? "byCart"
    this.#choice.disabled = !isHost || phase !== "live"
    const { rounding, decimals } = totals
    const shares = isEven ? totals.members : []
    this.#shares.replaceChildren(
      ...shares.map(({ customer, name, share }) =>
        h(
          "li",
          {},
          h("span", { class: "what" }, h("bdi", {}, shownText(names.get(customer) ?? name))),
          h("span", { class: "price" }, this.#formats.price(share)),
        ),
      ),
    )
    const first = shares.slice(0, rounding).map(({ customer, name }) => names.get(customer) ?? name)
    const amount = this.#formats.price(10 ** -decimals)
    setText(this.#rounding, first.length === 0 ? "" : this.#say("split.rounding", { names: first, amount }))
  }
}
