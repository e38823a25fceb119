import { serviceError } from "../../contract/errors.ts"
import { MAX_CART_LINES } from "../../contract/limits.ts"
import { itemsOf } from "../../contract/line-ids.ts"
import { updateCart } from "./cart.ts"
import { checkVersion } from "./cart-content.ts"
import type { SessionCommand } from "./command.ts"
import type { Happening } from "./happening.ts"
import { type Line, linesOf } from "./lines.ts"

type Command<T extends SessionCommand["type"]> = Extract<SessionCommand, { type: T }>

/** Most lines that a member says are not its own. */
export const MAX_DISOWNED = 50

/** Changes one line of a cart, or adds one. All else in the cart stays. */
export function setItem(happening: Happening, { id, version, item, line }: Command<"setItem">): void {
  const { content } = happening.member(id)
  checkVersion(content, version)
  if (line === undefined) addItem(happening, id, item)
  else updateCart(happening, id, { ...content, items: itemsOf(content).with(lineIn(content, line).index, item) })
}

export function removeItem(happening: Happening, { id, version, line }: Command<"removeItem">): void {
  const { content } = happening.member(id)
  checkVersion(content, version)
  removeLine(happening, id, line)
}

/** Adds an item at the end of a cart. Throws `session.cartTooLarge` where it would have no line. */
export function addItem(happening: Happening, id: string, item: object): void {
  const { content } = happening.member(id)
  if (linesOf(content).length >= MAX_CART_LINES)
    throw serviceError("session.cartTooLarge", { limitLines: MAX_CART_LINES })
  updateCart(happening, id, { ...content, items: [...itemsOf(content), item] })
}

/** Removes a line of a cart, and what is said of it. Throws `session.noSuchLine`. */
export function removeLine(happening: Happening, id: string, line: string): void {
  const { content, disowned = [] } = happening.member(id)
  const { index } = lineIn(content, line)
  if (disowned.includes(line))
    happening.add({ type: "disownedSet", id, lines: disowned.filter((each) => each !== line) })
  updateCart(happening, id, { ...content, items: itemsOf(content).toSpliced(index, 1) })
}

/** A member says that a line of its cart is not theirs, or that it is after all. */
export function disown(happening: Happening, { id, line, disowned }: Command<"disown">): void {
  const { content, disowned: before = [] } = happening.member(id)
  lineIn(content, line)
  if (before.includes(line) === disowned) return
  if (disowned && before.length >= MAX_DISOWNED) throw serviceError("session.tooManyOffers")
  const lines = disowned ? [...before, line] : before.filter((each) => each !== line)
  happening.add({ type: "disownedSet", id, lines })
}

/** A line of a cart. Throws `session.noSuchLine`. */
export function lineIn(content: object, line: string): Line {
  const found = linesOf(content).find(({ id }) => id === line)
  if (found === undefined) throw serviceError("session.noSuchLine")
  return found
}
