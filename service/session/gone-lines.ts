import type { Happening } from "./happening.ts"
import { linesOf } from "./lines.ts"

/** What is said of a line of a member's cart ends with the line: that it is not the member's, and that somebody asks for it. */
export function forgetGoneLines(happening: Happening, id: string): void {
  const { content, disowned = [] } = happening.member(id)
  const asked = happening.session?.offers?.filter(({ type, to }) => type === "move" && to === id) ?? []
  if (disowned.length === 0 && asked.length === 0) return
  const current = new Set(linesOf(content).map((line) => line.id))
  const lines = disowned.filter((line) => current.has(line))
  if (lines.length < disowned.length) happening.add({ type: "disownedSet", id, lines })
  for (const { id: offer, line = "" } of asked) {
    if (!current.has(line)) happening.add({ type: "offerEnded", id: offer })
  }
}
