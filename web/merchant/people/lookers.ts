import type { Watcher } from "@shopwire/client"

/** Most names in a row. */
const MAX_NAMES = 3

/** Who is shown to look at a shop, too: the names, each once, and how many more people or screens there are. */
export function lookers(
  others: readonly Watcher[],
  ownName: string,
): { readonly names: readonly string[]; readonly more: number } {
  const here = others.filter(({ presence }) => presence === "here")
  const names = [...new Set(here.flatMap(({ name }) => (name === null || name === ownName ? [] : name)))]
  const nameless = here.filter(({ name }) => name === null).length
  return { names: names.slice(0, MAX_NAMES), more: Math.max(0, names.length - MAX_NAMES) + nameless }
}
