import { type GroupRequest, identifiedItems, type Member } from "@shopwire/client/session"
import { shownText } from "../shown-text.ts"
import { avatar } from "./avatar.ts"
import { cartLineItem } from "./cart-line-item.ts"
import { type CartLine, cartLines, pieces, totalOf } from "./cart-lines.ts"
import { button, h, icon, setChildren, setText } from "./dom.ts"
import type { Formats } from "./formats.ts"
import type { FriendTools } from "./friend-tools.ts"
import type { GroupTools } from "./late-tools.ts"
import type { Offer } from "./offers.ts"
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
export interface CardState {
  /** The member's name, told apart from others like it. */
  readonly name: string
  /** The customer's own ID. */
  readonly ownId: string
  /** The customer is the host. */
  readonly isHost: boolean
  readonly mayKick: boolean
  /** Friends who are not ready may be asked for that. */
  readonly mayNudge: boolean
  /** The carts can be changed now. */
  readonly isOpen: boolean
  /** Lines can be moved, disowned and offered now. */
  readonly mayOffer: boolean
  /** The friends who can answer an offer. */
  readonly friends: readonly { readonly id: string; readonly name: string }[]
  /** What the customer has offered or asked for, and waits for an answer. */
  readonly offers: readonly Offer[]
  /** The IDs of this member's lines that are not its own, as it says. */
  readonly disowned: readonly string[]
}

/** Where the focus is: on a line, and on its button with this label. */
interface Focused {
  readonly line: string
  readonly label: string | null | undefined
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
  readonly #head: HTMLElement
  #tools: FriendTools | undefined
  #shown = ""
  /** The lines that are shown, by what they show. */
  #items: ReadonlyMap<string, HTMLLIElement> = new Map()

  constructor(name: string, options: MemberCardOptions) {
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
    const who = h("div", { class: "who" }, h("div", {}, this.#name, this.#badges), h("div", {}, this.#state))
    this.#head = h("div", { class: "head" }, this.#avatar, who)
    this.element = h("li", { class: "member" }, this.#head, this.#details)
  }

  /** `tools`: undefined while they are not loaded. */
  update(member: Member, card: CardState, tools: GroupTools | undefined): void {
    const { name, ownId, isOpen } = card
    const isOwn = member.id === ownId
    const shown = JSON.stringify([member, card, tools === undefined])
    if (shown === this.#shown) return
    this.#shown = shown
    const { say, formats, pictureOrigins, onAdd, onRequest } = this.#options
    if (tools !== undefined && this.#tools === undefined) {
      this.#tools = new tools.FriendTools(member.id, name, this.#options)
      this.#state.after(this.#tools.nudge)
      this.#head.append(this.#tools.kick)
      this.#head.after(this.#tools.question)
    }
    this.#tools?.update(member, card)
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
    const menu = card.mayOffer ? tools?.lineMenu : undefined
    const ids = new Map(identifiedItems(member.content ?? {}).map(({ id, item }) => [item, id]))
    const focused = this.#focused()
    const open = this.#openMenus()
    const items = lines.map((line, at): [string, HTMLLIElement] => {
      const id = ids.get(line.item) ?? ""
      const key = JSON.stringify([at, line, card, menu === undefined, add === undefined])
      const known = this.#items.get(key)
      if (known !== undefined) return [key, known]
      const { notes = [], actions = [] } =
        menu?.({ owner: member, line, id, isOpen: open.has(id) }, card, say, onRequest) ?? {}
      const isFree = card.disowned.includes(id)
      const shown = cartLineItem(line, formats, {
        notes: [...(isFree ? [h("span", { class: "badge" }, say("line.disowned"))] : []), ...notes],
        actions: [...(add === undefined ? [] : [this.#addButton(line, add)]), ...actions],
      })
      shown.dataset.line = id
      return [key, shown]
    })
    this.#items = new Map(items)
    setChildren(this.#lines, [...this.#items.values()])
    if (focused !== undefined && this.#focused() === undefined) this.#focus(focused)
  }

  #addButton(line: CartLine, add: (line: CartLine["item"]) => void): HTMLButtonElement {
    const label = this.#options.say("line.add", { product: line.name })
    return button({ class: "icon add", "aria-label": label, title: label }, () => add(line.item), icon("plus"))
  }

  /** The IDs of the lines whose menus are open. They stay open when a friend's change draws the line again. */
  #openMenus(): ReadonlySet<string | undefined> {
    const openers = this.#lines.querySelectorAll(".more[aria-expanded=true]")
    return new Set([...openers].map((opener) => opener.closest<HTMLLIElement>("li")?.dataset.line))
  }

  #focused(): Focused | undefined {
    const line = this.#lines.querySelector<HTMLLIElement>("li:focus-within")?.dataset.line
    const label = this.#lines.querySelector(":focus")?.getAttribute("aria-label")
    return line === undefined ? undefined : { line, label }
  }

  /** Gives the focus back to a line that was drawn again: to the same button, or to the one that opens its menu. */
  #focus({ line, label }: Focused): void {
    const buttons = [...this.#lines.querySelectorAll<HTMLButtonElement>(`[data-line="${line}"] button`)]
    const same = buttons.find((button) => button.getAttribute("aria-label") === label)
    const more = buttons.find((button) => button.classList.contains("more"))
    ;(same ?? more)?.focus()
  }

  #stateText({ presence, since, isReady }: Member): string {
    const { say, formats } = this.#options
    if (presence === "away") return since ? say("member.away", { time: formats.time(since) }) : say("member.gone")
    if (isReady) return say("member.ready")
    return say(presence === "idle" ? "member.idle" : "member.notReady")
  }
}
