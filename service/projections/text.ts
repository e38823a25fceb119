const ELLIPSIS = "…"

/** A text of at most `max` UTF-16 units. A longer text is cut and ends in an ellipsis; no character is cut in two. */
export function shortened(text: string, max: number): string {
  if (text.length <= max) return text
  const cut = text.slice(0, max - 1)
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}${ELLIPSIS}`
}
