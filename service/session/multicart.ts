import type { Owner } from "../../contract/session.ts"
import type { Member, Session } from "./session.ts"

/** Members as they are shown: the host first, then in the order of joining. */
export function shownMembers(session: Session | undefined): readonly Member[] {
  const members = session?.members ?? []
  const isHost = ({ id }: Member): boolean => id === session?.hostId
  return [...members.filter(isHost), ...members.filter((member) => !isHost(member))]
}

/** The members that old clients see, without hidden members that are not ready: old clients wait for everyone in the list. */
export function presentMembers(session: Session | undefined): readonly Member[] {
  return shownMembers(session).filter(({ hidden, ready }) => hidden !== true || ready)
}

export function ownerOf(session: Session, member: Member): Owner {
  const { id, name, ready } = member
  return { id, name, isHost: id === session.hostId, isReadyToCheckout: ready }
}
