import { type CollectionEvents, type ModelEvents, type Reference, reference } from "res-service"
import { sessionMember } from "../../contract/session.ts"
import type { SessionMember } from "../../contract/session-members.ts"
import { differences } from "../differences.ts"
import { listChanges } from "../list-changes.ts"
import { memberModels } from "./member-models.ts"
import type { Session } from "./session.ts"
import { Shown } from "./shown.ts"

/** The senders of events of a session's members. */
export interface MemberEventSenders {
  readonly members: CollectionEvents<Reference>
  member(customerId: string): ModelEvents<SessionMember>
}

/** The members of each session whose members somebody has got, as they were sent last. Of other sessions none are computed. */
export class ShownMembers extends Shown<readonly SessionMember[]> {
  /** The members for whoever gets them. From now on `tell` sends their changes. */
  show(id: string, session: Session | undefined): readonly SessionMember[] {
    const shown = this.shown.get(id) ?? memberModels(session)
    this.shown.set(id, shown)
    return shown
  }

  /** Sends what has changed: members before the list, so that a client that follows a new reference finds the current member. */
  tell(id: string, session: Session | undefined, events: MemberEventSenders): void {
    const before = this.shown.get(id)
    if (before === undefined) return
    const after = memberModels(session)
    this.shown.set(id, after)
    for (const member of after) {
      const old = before.find((each) => each.id === member.id)
      if (old !== undefined) events.member(member.id).change(differences(old, member))
    }
    for (const change of listChanges(idsOf(before), idsOf(after))) {
      if (change.type === "remove") events.members.remove(change.index)
      else events.members.add(memberReference(id, change.id), change.index)
    }
  }

  /** Makes gateways ask again for access to what somebody has got. */
  reaccess(id: string, events: MemberEventSenders): void {
    const shown = this.shown.get(id)
    if (shown === undefined) return
    for (const each of [events.members, ...idsOf(shown).map((customer) => events.member(customer))]) each.reaccess()
  }
}

export function memberReference(id: string, customer: string): Reference {
  return reference(sessionMember.name({ id, customer }))
}

function idsOf(members: readonly SessionMember[]): string[] {
  return members.map(({ id }) => id)
}
