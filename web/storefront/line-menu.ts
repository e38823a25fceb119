import { type GroupRequest, identifiedItems, type Member } from "@shopwire/client/session"
import type { CartLine } from "./cart-lines.ts"
import { button, h, icon } from "./dom.ts"
import type { CardState } from "./member-card.ts"
import type { Say } from "./texts.ts"

/** A line of a member's cart, whose ID is `id`. */
export interface MenuLine {
  readonly owner: Member
  readonly line: CartLine
  readonly id: string
  /** Its menu is open. */
  readonly isOpen: boolean
}

/** The button that opens the menu, the menu itself, and what the line says of offers that wait. */
export interface LineMenu {
  readonly notes: readonly HTMLElement[]
  readonly actions: readonly HTMLElement[]
}

/** What can be done with a line, each said in words: move it to the own cart, suggest it to a friend, or say that it is not one's own. */
export function lineMenu(
  { owner, line, id, isOpen }: MenuLine,
  { ownId: customerId, friends, offers, disowned, isHost }: CardState,
  say: Say,
  onRequest: (request: GroupRequest) => void,
): LineMenu {
  const { name: product, item } = line
  const waiting = offers.filter((offer) => offer.line === id || (offer.line === null && idOf(offer.item) === id))
  const isWaiting = (to: string): boolean => waiting.some((offer) => offer.to === to)
  const choice = (text: string, isPressed: boolean, request: GroupRequest): HTMLButtonElement => {
    const label = say("choice.of", { choice: text, of: product })
    return button(
      { class: "small", "aria-label": label, "aria-pressed": String(isPressed) },
      () => {
        setOpen(false)
        more.focus()
        onRequest(request)
      },
      text,
    )
  }
  const isDisowned = disowned.includes(id)
  const own = choice(say("line.disown"), isDisowned, {
    event: "disown",
    payload: { customerId, line: id, disowned: !isDisowned },
  })
  const move = choice(say("line.move"), isWaiting(owner.id), {
    event: "askForLine",
    payload: { customerId, from: owner.id, line: id },
  })
  const suggest = ({ id: to, name }: CardState["friends"][number]): HTMLButtonElement =>
    choice(say("line.suggest", { name }), isWaiting(to), {
      event: "offerItem",
      payload: { customerId, to, item: { ...item, quantity: 1 } },
    })
  const isFriends = friends.some((friend) => friend.id === owner.id)
  const choices = [
    ...(owner.id === customerId ? [own] : isFriends ? [move] : []),
    ...(isHost ? friends.filter((friend) => friend.id !== owner.id).map(suggest) : []),
  ]
  const asked = friends.filter((friend) => isWaiting(friend.id)).map(({ name }) => name)
  const notes = asked.length === 0 ? [] : [h("span", { class: "badge" }, say("line.waiting", { names: asked }))]
  if (choices.length === 0) return { notes, actions: [] }
  const menu = h("div", { class: "choices" }, ...choices)
  const label = say("line.more", { product })
  const more = button(
    { class: "icon add more", "aria-label": label, title: label },
    () => setOpen(menu.hidden === true),
    icon("more"),
  )
  const setOpen = (open: boolean): void => {
    menu.hidden = !open
    more.setAttribute("aria-expanded", String(open))
  }
  setOpen(isOpen)
  return { notes, actions: [more, menu] }
}

function idOf(item: object): string | undefined {
  return identifiedItems({ items: [item] })[0]?.id
}
