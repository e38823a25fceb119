import { serviceError } from "../../contract/errors.ts"
import { updateCart } from "./cart.ts"
import { checkVersion } from "./cart-content.ts"
import type { SessionCommand } from "./command.ts"
import type { Happening } from "./happening.ts"
import { itemsOf, linesOf } from "./lines.ts"

type Command<T extends SessionCommand["type"]> = Extract<SessionCommand, { type: T }>

/** Changes one line of a cart, or adds one. All else in the cart stays. */
export function setItem(happening: Happening, { id, version, item, line }: Command<"setItem">): void {
  const { content } = happening.member(id)
  checkVersion(content, version)
  const items = itemsOf(content)
  const changed = line === undefined ? [...items, item] : items.with(indexOf(content, line), item)
  updateCart(happening, id, { ...content, items: changed })
}

export function removeItem(happening: Happening, { id, version, line }: Command<"removeItem">): void {
  const { content } = happening.member(id)
  checkVersion(content, version)
  updateCart(happening, id, { ...content, items: itemsOf(content).toSpliced(indexOf(content, line), 1) })
}

/** A member says that a line of its cart is not theirs, or that it is after all. */
export function disown(happening: Happening, { id, line, disowned }: Command<"disown">): void {
  const { content, disowned: before = [] } = happening.member(id)
  indexOf(content, line)
  if (before.includes(line) === disowned) return
  const lines = disowned ? [...before, line] : before.filter((each) => each !== line)
  happening.add({ type: "disownedSet", id, lines })
}

/** The place of a line. Throws `session.noSuchLine`. */
function indexOf(content: object, line: string): number {
  const found = linesOf(content).find(({ id }) => id === line)
  if (found === undefined) throw serviceError("session.noSuchLine")
  return found.index
}
