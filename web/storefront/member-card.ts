import { type GroupRequest, identifiedItems, type Member } from "@shopwire/client/session"
import { shownText } from "../shown-text.ts"
import { avatar } from "./avatar.ts"
import { cartLineItem } from "./cart-line-item.ts"
import { type CartLine, cartLines, pieces, totalOf } from "./cart-lines.ts"
import { button, h, icon, type icons, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import type { Say } from "./texts.ts"

export interface MemberCardOptions {
  readonly say: Say
  readonly formats: Formats
  readonly pictureOrigins: readonly string[]
  readonly onKick: (id: string) => void
  /** Puts one piece of a friend's line into the customer's cart; undefined if the shop cannot. */
  readonly onAdd: () => ((line: CartLine["item"]) => void) | undefined
  /** Asks for something beside the carts. */
  readonly onRequest: (request: GroupRequest) => void
}

/** What a card shows beside the member itself. */
interface CardState {
  /** The member's name, told apart from others like it. */
  readonly name: string
  /** The customer's own ID. */
  readonly ownId: string
  readonly mayKick: boolean
  /** The carts can be changed now. */
  readonly isOpen: boolean
  /** Lines can be moved, disowned and offered now. */
  readonly mayOffer: boolean
  /** The IDs of this member's lines for which the customer has asked. */
  readonly asked: readonly string[]
  /** The IDs of this member's lines that are not its own, as it says. */
  readonly disowned: readonly string[]
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
    const ask = (isAsking: boolean, focused?: HTMLButtonElement): void => {
      this.#question.hidden = !isAsking
      focused?.focus()
    }
    const kickLabel = say("member.kick", { name })
    this.#kick = button({ class: "icon kick", "aria-label": kickLabel }, () => ask(true, no), icon("remove"))
    const kick = (): void => {
      ask(false)
      options.onKick(id)
    }
    const yes = button({ class: "small danger" }, kick, say("member.kick.yes"))
    const no = button({ class: "small" }, () => ask(false, this.#kick), say("member.kick.no"))
    this.#question = h(
      "div",
      { class: "question", role: "group", hidden: "" },
      h("span", {}, say("member.kick.question", { name })),
      yes,
      no,
    )
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

  update(member: Member, card: CardState): void {
    const { name, ownId, mayKick, isOpen } = card
    const isOwn = member.id === ownId
    this.#kick.hidden = !mayKick
    if (!mayKick) this.#question.hidden = true
    const shown = JSON.stringify([member, card])
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
    const ids = new Map(identifiedItems(member.content ?? {}).map(({ id, item }) => [item, id]))
    this.#lines.replaceChildren(
      ...lines.map((line) => {
        const id = ids.get(line.item) ?? ""
        const actions = [
          ...(card.disowned.includes(id) ? [h("span", { class: "badge" }, say("line.disowned"))] : []),
          ...(add === undefined
            ? []
            : [iconButton("plus", say("line.add", { product: line.name }), () => add(line.item))]),
          ...(card.mayOffer ? this.#offerActions(member, line, id, card) : []),
        ]
        return cartLineItem(line, formats, actions)
      }),
    )
  }

  /** Of an own line: it is not mine. Of a friend's line: to ask for it. */
  #offerActions({ id, client }: Member, { name: product }: CartLine, line: string, card: CardState): HTMLElement[] {
    const { say, onRequest } = this.#options
    const { ownId: customerId, asked, disowned } = card
    if (id !== customerId) {
      if (client === "app") return []
      const isAsked = asked.includes(line)
      const ask = (): void => {
        if (!isAsked) onRequest({ event: "askForLine", payload: { customerId, from: id, line } })
      }
      return [iconButton("move", say("line.move", { product }), ask, isAsked)]
    }
    const isDisowned = disowned.includes(line)
    const disown = (): void => onRequest({ event: "disown", payload: { customerId, line, disowned: !isDisowned } })
    const notMine = iconButton("question", say("line.disown", { product }), disown, isDisowned)
    return [notMine]
  }

  #stateText({ presence, since, isReady }: Member): string {
    const { say, formats } = this.#options
    if (presence === "away") return since ? say("member.away", { time: formats.time(since) }) : say("member.gone")
    if (isReady) return say("member.ready")
    return say(presence === "idle" ? "member.idle" : "member.notReady")
  }
}

/** `isPressed`: undefined for a button that is no switch. */
function iconButton(
  name: keyof typeof icons,
  label: string,
  onClick: () => void,
  isPressed?: boolean,
): HTMLButtonElement {
  const attributes = { class: "icon add", "aria-label": label, title: label, "aria-pressed": isPressed?.toString() }
  return button(attributes, onClick, icon(name))
}
