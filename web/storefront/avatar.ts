import { h } from "./dom.ts"
import { GROUNDS } from "./grounds.ts"
import { initials } from "./initials.ts"

/** A member, as far as its avatar needs it. The server assigns `colour` and `initials`; older ones do not. */
interface Pictured {
  readonly id: string
  readonly name: string
  readonly colour?: number | undefined
  readonly initials?: string | undefined
}

/** A member's avatar: its initials on a colour of its own. */
export function avatar(member: Pictured): HTMLElement {
  const mark = h("span", { class: "avatar", "aria-hidden": "true" }, member.initials ?? initials(member.name))
  mark.style.setProperty("--_ground", GROUNDS[(member.colour ?? sumOf(member.id)) % GROUNDS.length] ?? "")
  return mark
}

function sumOf(id: string): number {
  let sum = 0
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 8191
  return sum
}
