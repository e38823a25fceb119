import { shownText } from "../shown-text.ts"
import type { CartLine } from "./cart-lines.ts"
import { h } from "./dom.ts"
import type { Formats } from "./formats.ts"

interface LineExtras {
  /** Below the line. */
  readonly notes: readonly Node[]
  /** Buttons at its end. */
  readonly actions: readonly Node[]
}

/** A line of a cart, with its picture if it has one. */
export function cartLineItem(line: CartLine, formats: Formats, { notes, actions }: LineExtras): HTMLLIElement {
  const name = line.url === undefined ? h("span", {}, said(line.name)) : h("a", { href: line.url }, said(line.name))
  name.classList.add("product")
  return h(
    "li",
    {},
    ...(line.picture === undefined ? [] : [picture(line.picture)]),
    h("span", { class: "quantity" }, `${line.quantity}×`),
    h(
      "span",
      { class: "text" },
      h(
        "span",
        { class: "what" },
        name,
        ...(line.options === "" ? [] : [h("span", { class: "options" }, said(line.options))]),
      ),
      h("span", { class: "price" }, line.price === undefined ? "" : formats.price(line.price * line.quantity)),
    ),
    ...actions,
    h("div", { class: "notes" }, ...notes),
  )
}

/** The name is beside it, so it has no text of its own. A picture that cannot be loaded disappears. */
function picture(src: string): HTMLImageElement {
  const image = h("img", {
    class: "picture",
    alt: "",
    width: "32",
    height: "32",
    loading: "lazy",
    decoding: "async",
    referrerpolicy: "no-referrer",
    src,
  })
  image.addEventListener("error", () => image.remove())
  return image
}

/** A text from a cart, isolated from the text around it. */
function said(text: string): HTMLElement {
  return h("bdi", {}, shownText(text))
}
