import type { GroupStatus, Member } from "./protocol.ts"

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

/** True when everybody who is present is ready to check out, including the host. Alone there is no everybody. */
export function areAllReady(members: readonly Member[]): boolean {
  const here = members.filter(({ presence }) => presence !== "away")
  return here.length > 1 && here.every(({ isReady }) => isReady)
}

/**
 * The members for which the host has to wait before it can be ready; empty for a guest, who need not wait. The server decides, and does
 * not make the host wait for guests whose connection is lost. Older servers do not say who that is until those guests are removed.
 */
export function waitedFor(members: readonly Member[], ownId: string | undefined): readonly Member[] {
  const own = members.find(({ id }) => id === ownId)
  const others = members.filter(({ id, isReady, presence }) => id !== ownId && !isReady && presence !== "away")
  return own?.isHost ? others : []
}

/**
 * The members of an update with what the status tells of them. An update leaves out members who are away and not ready; they stay in
 * their places, with the carts that they had in `before`.
 */
export function withStatus(
  members: readonly Member[],
  status: GroupStatus | undefined,
  before: readonly Member[],
): readonly Member[] {
  if (status === undefined) return members
  const unlisted = new Map(members.map((member) => [member.id, member]))
  const listed = status.members.flatMap((known): Member[] => {
    const member = unlisted.get(known.id)
    unlisted.delete(known.id)
    if (member !== undefined) return [{ ...known, ...member }]
    if (known.presence !== "away") return []
    const content = before.find(({ id }) => id === known.id)?.content
    return [{ ...known, isHost: known.is_host, isReady: known.is_ready, content }]
  })
  return [...listed, ...unlisted.values()]
}
