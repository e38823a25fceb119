import type { Member } from "@shopwire/client/session"
import { shownText } from "../shown-text.ts"
import { avatar } from "./avatar.ts"
import { cartLineItem } from "./cart-line-item.ts"
import { type CartLine, cartLines, pieces, totalOf } from "./cart-lines.ts"
import { h, icon, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import type { Say } from "./texts.ts"

export interface MemberCardOptions {
  readonly say: Say
  readonly formats: Formats
  readonly pictureOrigins: readonly string[]
  readonly onKick: (id: string) => void
  /** Puts one piece of a friend's line into the customer's cart; undefined if the shop cannot. */
  readonly onAdd: () => ((line: CartLine["item"]) => void) | undefined
}

/** What a card shows beside the member itself. */
interface CardState {
  /** The member's name, told apart from others like it. */
  readonly name: string
  readonly isOwn: boolean
  readonly mayKick: boolean
  /** The carts can be changed now. */
  readonly isOpen: boolean
}

/**
 * One member in the list: name, state, and the lines of its cart, which can be collapsed. It is kept across updates, so that it
 * stays open.
 */
export class MemberCard {
  readonly element: HTMLLIElement
  readonly #options: MemberCardOptions
  readonly #avatar = h("span", { class: "face" })
  readonly #name = h("bdi", { class: "name" })
  readonly #badges = h("span", { class: "badges" })
  readonly #summary = h("span", { class: "summary" })
  readonly #state = h("span", { class: "state" })
  readonly #lines = h("ul", { class: "lines" })
  readonly #details: HTMLDetailsElement
  readonly #kick: HTMLButtonElement
  readonly #question: HTMLElement
  #shown = ""

  constructor(id: string, name: string, options: MemberCardOptions) {
    const { say } = options
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
      options.onKick(id)
    })
    this.element = h(
      "li",
      { class: "member" },
      h(
        "div",
        { class: "head" },
        this.#avatar,
        h("div", { class: "who" }, h("div", {}, this.#name, this.#badges), this.#state),
        this.#kick,
      ),
      this.#question,
      this.#details,
    )
  }

  update(member: Member, { name, isOwn, mayKick, isOpen }: CardState): void {
    this.#kick.hidden = !mayKick
    if (!mayKick) this.#question.hidden = true
    const shown = JSON.stringify([member, name, isOwn, isOpen])
    if (shown === this.#shown) return
    this.#shown = shown
    const { say, formats, pictureOrigins, onAdd } = this.#options
    this.#avatar.replaceChildren(avatar(member))
    setText(this.#name, shownText(name))
    const badges = [
      ...(isOwn ? [say("member.you")] : []),
      ...(member.isHost ? [say("member.host")] : []),
      ...(member.client === "app" ? [say("member.app")] : []),
    ]
    this.#badges.replaceChildren(...badges.map((text) => h("span", { class: "badge" }, text)))
    this.element.classList.toggle("away", member.presence === "away")
    this.#state.classList.toggle("ready", member.isReady)
    this.#state.replaceChildren(...(member.isReady ? [icon("check")] : []), this.#stateText(member))
    const lines = cartLines(member.content, location.origin, pictureOrigins)
    const count = pieces(lines)
    const total = totalOf(lines)
    const counted = say("member.pieces", { count })
    const summary = total === undefined ? counted : `${counted} · ${formats.price(total)}`
    // Of a friend who was away when this page came, the cart is not known.
    const empty = member.content === undefined ? "" : say("member.empty")
    setText(this.#summary, count === 0 ? empty : summary)
    this.#details.classList.toggle("empty", count === 0)
    const add = isOwn || !isOpen ? undefined : onAdd()
    this.#lines.replaceChildren(
      ...lines.map((line) => cartLineItem(line, formats, add === undefined ? [] : [this.#addButton(line, add)])),
    )
  }

  #addButton({ name, item }: CartLine, add: (line: CartLine["item"]) => void): HTMLButtonElement {
    const { say } = this.#options
    const label = say("line.add", { product: name })
    const button = h("button", { type: "button", class: "icon add", "aria-label": label, title: label }, icon("plus"))
    button.addEventListener("click", () => add(item))
    return button
  }

  #stateText({ presence, since, isReady }: Member): string {
    const { say, formats } = this.#options
    if (presence === "away") return since ? say("member.away", { time: formats.time(since) }) : say("member.gone")
    if (isReady) return say("member.ready")
    return say(presence === "idle" ? "member.idle" : "member.notReady")
  }
}
