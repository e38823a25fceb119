import type { Owner } from "../../contract/session.ts"
import { known } from "./known.ts"
import type { Member, Session } from "./session.ts"

const shown = new WeakMap<Session, readonly Member[]>()
const present = new WeakMap<Session, readonly Member[]>()

/** Members as they are shown: the host first, then in the order of joining. */
export function shownMembers(session: Session | undefined): readonly Member[] {
  if (session === undefined) return []
  return known(shown, session, () => {
    const { members, hostId } = session
    const isHost = ({ id }: Member): boolean => id === hostId
    return [...members.filter(isHost), ...members.filter((member) => !isHost(member))]
  })
}

/** The members that old clients see, without hidden members that are not ready: old clients wait for everyone in the list. */
export function presentMembers(session: Session | undefined): readonly Member[] {
  if (session === undefined) return []
  return known(present, session, () => shownMembers(session).filter(({ hidden, ready }) => hidden !== true || ready))
}

export function ownerOf(session: Session, member: Member): Owner {
  const { id, name, ready } = member
  return { id, name, isHost: id === session.hostId, isReadyToCheckout: ready }
}
