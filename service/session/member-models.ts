import type { SessionMember } from "../../contract/session-members.ts"
import { versionOf } from "./cart-content.ts"
import { initialsOf } from "./initials.ts"
import { instantOf } from "./lock.ts"
import { shownMembers } from "./multicart.ts"
import type { Member, Session } from "./session.ts"

/** The members of a session as clients see them: the host first, then in the order of joining. */
export function memberModels(session: Session | undefined): readonly SessionMember[] {
  const members = session?.members ?? []
  const initials = initialsOf(members.map(({ name }) => name))
  return shownMembers(session).map((member) => ({
    id: member.id,
    name: member.name,
    is_host: member.id === session?.hostId,
    is_ready: member.ready,
    version: versionOf(member.content),
    presence: presenceOf(member),
    since: member.since === undefined ? null : instantOf(member.since),
    client: member.client,
    colour: member.colour,
    initials: initials[members.indexOf(member)] ?? "",
    nudged_by: member.nudged?.by ?? null,
    nudged_at: member.nudged === undefined ? null : instantOf(member.nudged.at),
  }))
}

function presenceOf({ cid, idle }: Member): SessionMember["presence"] {
  if (cid === undefined) return "away"
  return idle === true ? "idle" : "here"
}
