import type { Member } from "./protocol.ts"

/** One difference between two states of a session. */
export type MemberChange =
  | { readonly type: "joined" | "left" | "ready" | "notReady" | "host"; readonly member: Member }
  | { readonly type: "allReady" }

/** The differences between two updates, in the order in which they are announced. */
export function changesBetween(before: readonly Member[], after: readonly Member[]): MemberChange[] {
  const changes: MemberChange[] = []
  const known = new Map(before.map((member) => [member.id, member]))
  for (const member of after) {
    const old = known.get(member.id)
    if (old === undefined) changes.push({ type: "joined", member })
    else if (old.isReady !== member.isReady) changes.push({ type: member.isReady ? "ready" : "notReady", member })
    if (member.isHost && old !== undefined && !old.isHost) changes.push({ type: "host", member })
  }
  const present = new Set(after.map(({ id }) => id))
  for (const member of before) if (!present.has(member.id)) changes.push({ type: "left", member })
  if (!areAllReady(before) && areAllReady(after)) changes.push({ type: "allReady" })
  return changes
}

/** True when everybody is ready to check out, including the host. */
export function areAllReady(members: readonly Member[]): boolean {
  return members.length > 0 && members.every(({ isReady }) => isReady)
}

/**
 * The members for which the host has to wait before it can be ready; empty for a guest, who need not wait. The server decides,
 * and does not make the host wait for guests whose connection is lost, which the page cannot see until they are removed.
 */
export function waitedFor(members: readonly Member[], ownId: string | undefined): readonly Member[] {
  const own = members.find(({ id }) => id === ownId)
  return own?.isHost ? members.filter(({ id, isReady }) => id !== ownId && !isReady) : []
}
