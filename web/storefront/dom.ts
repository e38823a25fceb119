type Child = Node | string

/** Makes an element. Strings become text, never HTML. Undefined attributes are left out. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value)
  }
  element.append(...children)
  return element
}

/** Makes a button that does something at once: it submits no form. */
export function button(
  attributes: Readonly<Record<string, string | undefined>>,
  onClick: () => void,
  ...children: readonly Child[]
): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, ...children)
  element.addEventListener("click", onClick)
  return element
}

/** The strokes of icons, in a square of 24. */
export const icons = {
  together: "M7 9V7a5 5 0 0 1 10 0v2M5 9h14l1 11H4zM9.5 15.5a2.5 2.5 0 0 0 5 0",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  copy: "M9 9h10v11H9zM5 15V4h10",
  plus: "M12 6v12M6 12h12",
  share: "M12 15V4M8 7.5L12 3.5l4 4M6 12v8h12v-8",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18h2",
  more: "M5 12v.1M12 12v.1M19 12v.1",
  chevron: "M8 10l4 4 4-4",
  remove: "M15 19v-1a4 4 0 0 0-4-4H7a4 4 0 0 0-4 4v1M9 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6M17 9l4 4M21 9l-4 4",
} as const

/** An icon, hidden from screen readers. */
export function icon(name: keyof typeof icons): SVGSVGElement {
  const drawn = svg(icons[name], 24)
  drawn.setAttribute("aria-hidden", "true")
  return drawn
}

/** A drawing of one path, in a square of `size`. */
export function svg(d: string, size: number): SVGSVGElement {
  const namespace = "http://www.w3.org/2000/svg"
  const element = document.createElementNS(namespace, "svg")
  const path = document.createElementNS(namespace, "path")
  element.setAttribute("viewBox", `0 0 ${size} ${size}`)
  path.setAttribute("d", d)
  element.append(path)
  return element
}

/** Sets a text, but only if it differs: otherwise a live region would read it again, and a selection would be lost. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Puts the children of an element into this order, and moves only those that are in the wrong place. */
export function setChildren(parent: Element, children: readonly Element[]): void {
  for (const child of [...parent.children]) if (!children.includes(child)) child.remove()
  children.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null)
  })
}
