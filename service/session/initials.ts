const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** Of each name, one or two characters that people would use for it. Where an earlier name has the same, a number follows. */
export function initialsOf(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const plain = plainInitials(name)
    let initials = plain
    for (let number = 2; taken.has(initials); number++) initials = `${plain}${number}`
    taken.add(initials)
    return initials
  })
}

/** Of the first and the last word; without letters and digits, the first character. */
function plainInitials(name: string): string {
  const words = name.split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== "")
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words
  const initials = picked.map((word = "") => firstCharacter(word.toUpperCase())).join("")
  return initials === "" ? firstCharacter(name.trim()) : initials
}

/** As people count them: a letter with its marks, or an emoji of several parts. */
function firstCharacter(text: string): string {
  const [first] = graphemes.segment(text)
  return first?.segment ?? ""
}
