/** Replaces parts of `page`, each between marks that have its name. */
export function withMarked(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const marks = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*(<!-- /${name} -->)`)
    if (!marks.test(text)) throw new Error(`the page has no marks for ${name}`)
    return text.replace(marks, (_, begin: string, end: string) => `${begin}${part}\n${end}`)
  }, page)
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}

export function number(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 })
}
