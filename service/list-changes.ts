/** A change of a list of distinct IDs, as a RES collection event. */
export type ListChange =
  | { readonly type: "add"; readonly index: number; readonly id: string }
  | { readonly type: "remove"; readonly index: number }

/** The RES changes that turn one list of distinct IDs into another. */
export function listChanges(before: readonly string[], after: readonly string[]): ListChange[] {
  if (before.length === after.length && before.every((id, i) => id === after[i])) return []
  const changes: ListChange[] = []
  const list = [...before]
  for (let index = list.length - 1; index >= 0; index--) {
    if (after.includes(list[index] ?? "")) continue
    list.splice(index, 1)
    changes.push({ type: "remove", index })
  }
  for (const [index, id] of after.entries()) {
    if (list[index] === id) continue
    const from = list.indexOf(id)
    if (from !== -1) {
      list.splice(from, 1)
      changes.push({ type: "remove", index: from })
    }
    list.splice(index, 0, id)
    changes.push({ type: "add", index, id })
  }
  return changes
}
