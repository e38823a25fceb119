const ELLIPSIS = "…"

/** A text of at most `max` UTF-16 units: a longer one is cut, and ends in an ellipsis. Never cuts a character in two. */
export function shortened(text: string, max: number): string {
  if (text.length <= max) return text
  const cut = text.slice(0, max - 1)
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}${ELLIPSIS}`
}
