import type { Member, Session } from "./session.ts"

/** Whose cart it is, in the words of the old protocol. */
export interface Owner {
  readonly id: string
  readonly name: string
  readonly isHost: boolean
  readonly isReadyToCheckout: boolean
}

/** A change of the list of carts, as RES has it. */
export type ListChange =
  | { readonly type: "add"; readonly index: number; readonly id: string }
  | { readonly type: "remove"; readonly index: number }

/** Members as they are shown: the host first, then in the order of joining. */
export function shownMembers(session: Session | undefined): readonly Member[] {
  const members = session?.members ?? []
  const isHost = ({ id }: Member): boolean => id === session?.hostId
  return [...members.filter(isHost), ...members.filter((member) => !isHost(member))]
}

export function ownerOf(session: Session, member: Member): Owner {
  const { id, name, ready } = member
  return { id, name, isHost: id === session.hostId, isReadyToCheckout: ready }
}

/** The changes that lead from one list of distinct IDs to another. */
export function listChanges(before: readonly string[], after: readonly string[]): ListChange[] {
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
