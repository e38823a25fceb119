import type { RequestNumber } from "res-service"
import { serviceError } from "../../contract/errors.ts"
import { versionOf } from "./cart-content.ts"
import { evolve, type Member, type Session, type SessionEvent } from "./session.ts"

/** The member who has sent a command, and its request. */
export interface Sender {
  readonly id: string
  readonly request: RequestNumber
}

/** The events that a command has caused so far, and the session after them. */
export class Happening {
  readonly events: SessionEvent[] = []
  session: Session | undefined
  readonly #sender: Sender | undefined

  /** @param sender undefined: no member has sent the command, or its request has no number */
  constructor(session: Session | undefined, sender?: Sender) {
    this.session = session
    this.#sender = sender
  }

  /** The command's request, if this member has sent it. Undefined: it has no number, or another member has sent it. */
  requestOf(id: string): RequestNumber | undefined {
    return this.#sender?.id === id ? this.#sender.request : undefined
  }

  add(event: SessionEvent): void {
    this.events.push(event)
    this.session = evolve(this.session, event)
  }

  host(): Member | undefined {
    return this.session?.members.find(({ id }) => id === this.session?.hostId)
  }

  member(id: string): Member {
    const found = this.session?.members.find((member) => member.id === id)
    if (found === undefined) throw serviceError("session.notMember")
    return found
  }

  /** Throws `session.notHost` when `id` is another member. */
  checkHost(id: string): void {
    if (this.member(id).id !== this.session?.hostId) throw serviceError("session.notHost")
  }

  /** Sets a member's ready flag; it holds for the member's cart as it is now. */
  setReady(id: string, ready: boolean): void {
    const readyFor = ready ? versionOf(this.member(id).content) : undefined
    this.add({ type: "readySet", id, ready, readyFor })
  }

  absent(ids: readonly string[]): readonly Member[] {
    return this.membersWhere(({ id, cid }) => cid === undefined && ids.includes(id))
  }

  membersWhere(condition: (member: Member) => boolean): readonly Member[] {
    return this.session?.members.filter(condition) ?? []
  }

  /** True when every present guest is ready; absent guests do not count. */
  guestsAreReady(): boolean {
    return this.membersWhere(({ id, cid }) => id !== this.session?.hostId && cid !== undefined).every(
      ({ ready }) => ready,
    )
  }
}
