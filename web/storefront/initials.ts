/** The first letters or digits of the first and the last word of a name; `?` if it has none. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "")
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words
  const letters = picked.map((word) => [...(word ?? "")][0] ?? "").join("")
  return letters === "" ? "?" : letters.toUpperCase()
}
