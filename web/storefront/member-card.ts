import type { Member } from "@shopwire/client/session"
import { shownText } from "../shown-text.ts"
import { avatar } from "./avatar.ts"
import { type CartLine, cartLines, pieces, totalOf } from "./cart-lines.ts"
import { h, icon, setText } from "./dom.ts"
import type { Say } from "./texts.ts"

export interface MemberCardOptions {
  readonly say: Say
  readonly formatPrice: (amount: number) => string
  readonly onKick: (id: string) => void
}

/**
 * One member in the list: name, state, and the lines of its cart, which can be collapsed. It is kept across updates, so that it
 * stays open.
 */
export class MemberCard {
  readonly element: HTMLLIElement
  readonly #options: MemberCardOptions
  readonly #id: string
  readonly #name = h("bdi", { class: "name" })
  readonly #badges = h("span", { class: "badges" })
  readonly #summary = h("span", { class: "summary" })
  readonly #state = h("span", { class: "state" })
  readonly #lines = h("ul", { class: "lines" })
  readonly #details: HTMLDetailsElement
  readonly #kick: HTMLButtonElement
  readonly #question: HTMLElement
  #shown = ""

  constructor(member: Member, options: MemberCardOptions) {
    const { say } = options
    const { name } = member
    this.#id = member.id
    this.#options = options
    this.#details = h(
      "details",
      { open: "" },
      h(
        "summary",
        {},
        h("span", { class: "visually-hidden" }, `${say("member.lines", { name })}: `),
        this.#summary,
        icon("chevron"),
      ),
      this.#lines,
    )
    this.#kick = h("button", { type: "button", class: "icon kick", "aria-label": say("member.kick", { name }) })
    this.#kick.append(icon("remove"))
    const yes = h("button", { type: "button", class: "small danger" }, say("member.kick.yes"))
    const no = h("button", { type: "button", class: "small" }, say("member.kick.no"))
    this.#question = h(
      "div",
      { class: "question", role: "group", hidden: "" },
      h("span", {}, say("member.kick.question", { name })),
      yes,
      no,
    )
    this.#kick.addEventListener("click", () => {
      this.#question.hidden = false
      no.focus()
    })
    no.addEventListener("click", () => {
      this.#question.hidden = true
      this.#kick.focus()
    })
    yes.addEventListener("click", () => {
      this.#question.hidden = true
      options.onKick(this.#id)
    })
    this.element = h(
      "li",
      { class: "member" },
      h(
        "div",
        { class: "head" },
        avatar(member),
        h("div", { class: "who" }, h("div", {}, this.#name, this.#badges), this.#state),
        this.#kick,
      ),
      this.#question,
      this.#details,
    )
  }

  update(member: Member, { isOwn, mayKick }: { readonly isOwn: boolean; readonly mayKick: boolean }): void {
    this.#kick.hidden = !mayKick
    if (!mayKick) this.#question.hidden = true
    const shown = JSON.stringify([member, isOwn])
    if (shown === this.#shown) return
    this.#shown = shown
    const { say, formatPrice } = this.#options
    setText(this.#name, shownText(member.name))
    const badges = [...(isOwn ? [say("member.you")] : []), ...(member.isHost ? [say("member.host")] : [])]
    this.#badges.replaceChildren(...badges.map((text) => h("span", { class: "badge" }, text)))
    this.#state.classList.toggle("ready", member.isReady)
    this.#state.replaceChildren(...(member.isReady ? [icon("check"), say("member.ready")] : [say("member.notReady")]))
    const lines = cartLines(member.content, location.origin)
    const count = pieces(lines)
    const total = totalOf(lines)
    const counted = count === 1 ? say("member.pieces.one") : say("member.pieces", { count })
    const summary = total === undefined ? counted : `${counted} · ${formatPrice(total)}`
    setText(this.#summary, count === 0 ? say("member.empty") : summary)
    this.#details.classList.toggle("empty", count === 0)
    this.#lines.replaceChildren(...lines.map((line) => lineElement(line, formatPrice)))
  }
}

function lineElement(line: CartLine, formatPrice: (amount: number) => string): HTMLLIElement {
  const name = line.url === undefined ? h("span", {}, said(line.name)) : h("a", { href: line.url }, said(line.name))
  name.classList.add("product")
  return h(
    "li",
    {},
    h("span", { class: "quantity" }, `${line.quantity}×`),
    h(
      "span",
      { class: "what" },
      name,
      ...(line.options === "" ? [] : [h("span", { class: "options" }, said(line.options))]),
    ),
    h("span", { class: "price" }, line.price === undefined ? "" : formatPrice(line.price * line.quantity)),
  )
}

/** A text from a cart, isolated from the text around it. */
function said(text: string): HTMLElement {
  return h("bdi", {}, shownText(text))
}
