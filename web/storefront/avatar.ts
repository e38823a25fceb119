import { h } from "./dom.ts"
import { initials } from "./initials.ts"

/** Background colours on which white text is easy to read. */
const GROUNDS = ["#4f46b8", "#0f6a6a", "#a1365f", "#7a4a14", "#2b5f9e", "#4c6a1f", "#8a3aa0", "#9c3b26"]

/** A member's avatar: its initials on a colour of its own. */
export function avatar({ id, name }: { readonly id: string; readonly name: string }): HTMLElement {
  let sum = 0
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 8191
  const mark = h("span", { class: "avatar", "aria-hidden": "true" }, initials(name))
  mark.style.setProperty("--_ground", GROUNDS[sum % GROUNDS.length] ?? "")
  return mark
}
