import { serviceError } from "../../contract/errors.ts"
import { freeColour } from "./colours.ts"
import type { Newcomer, SessionCommand } from "./command.ts"
import type { Happening } from "./happening.ts"
import { decodeInvite, type Invite } from "./invite.ts"
import type { Member, Session } from "./session.ts"

/** Most members of a session. */
export const MAX_MEMBERS = 50

/** How long a payer may be absent, in ms: it may pay on a page that knows nothing of the session. */
const PAYER_STAYS_MS = 15 * 60_000

// A present host keeps its place. An absent host is replaced by whoever starts, usually the host's own reloaded page.
export function start(happening: Happening, newcomer: Newcomer): void {
  const host = happening.host()
  if (host === undefined) {
    happening.add({ type: "created", host: memberOf(newcomer, freeColour([])) })
    return
  }
  if (host.basket !== undefined) {
    join(happening, newcomer)
    return
  }
  const isAgain = speaksFor(newcomer.cid, host)
  if (host.cid !== undefined && !isAgain) throw serviceError("session.hostPresent")
  if (!isAgain) admit(happening, newcomer)
  releaseConnection(happening, newcomer.cid, host.id)
  happening.add({ type: "joined", member: memberOf(newcomer, host.colour) })
  happening.add({ type: "hostPassed", id: newcomer.id })
  happening.add({ type: "left", id: host.id })
}

export function join(happening: Happening, newcomer: Newcomer): void {
  const others = happening.membersWhere((member) => !speaksFor(newcomer.cid, member))
  if (others.length === 0) throw serviceError("session.notStarted")
  if (others.length >= MAX_MEMBERS) throw serviceError("session.full")
  admit(happening, newcomer)
  releaseConnection(happening, newcomer.cid)
  // A reloaded page joins again under the same name; friends should not see it twice.
  for (const { id } of happening.membersWhere(({ cid, name }) => cid === undefined && name === newcomer.name))
    happening.add({ type: "hidden", id })
  happening.add({ type: "joined", member: memberOf(newcomer, freeColour(happening.session?.members ?? [])) })
}

/** Admits a newcomer: to an open session always, else by an invitation. */
export function admit(happening: Happening, { invite: encoded = "", at }: Newcomer): void {
  const invite = checkInvite(happening.session, encoded, at)
  if (invite !== undefined) happening.add({ type: "inviteUsed", id: invite.id, expiresAt: invite.expiresAt, at })
}

/** The invitation by which somebody may join; undefined if the session is open. Throws if there is none that counts. */
export function checkInvite(session: Session | undefined, encoded: string, at: number): Invite | undefined {
  const { invites } = session ?? {}
  if (invites === undefined) return undefined
  const invite = decodeInvite(invites.key, encoded)
  if (invite === undefined) throw serviceError("session.inviteNeeded")
  if (invite.expiresAt <= at) throw serviceError("session.inviteExpired")
  const { uses = 0 } = invites.used.find(({ id }) => id === invite.id) ?? {}
  if (uses >= invite.maxUses) throw serviceError("session.inviteUsedUp")
  return invite
}

/** The host removes a member. */
export function kick(happening: Happening, by: string, id: string): void {
  happening.checkHost(by)
  const { basket } = happening.member(id)
  if (basket !== undefined) happening.add({ type: "barred", basket })
  leave(happening, id)
}

/** Removes a member. If it was the host, its heir becomes host. */
export function leave(happening: Happening, id: string): void {
  const rest = happening.membersWhere((member) => member.id !== id)
  const heir = heirAmong(rest)
  if (happening.session?.hostId === id && heir !== undefined) happening.add({ type: "hostPassed", id: heir.id })
  happening.add({ type: "left", id })
  if (rest.length === 0) happening.add({ type: "ended" })
}

/**
 * Removes those of these members who are absent. While somebody pays for all, or the order is looked at, their carts belong to it. Then they
 * stay as long as anybody is present. Before the payment, a payer stays for at most `PAYER_STAYS_MS`. An absent host also stays, but a
 * friend is the host from then on.
 */
export function expire(happening: Happening, { ids, at }: Extract<SessionCommand, { type: "expire" }>): void {
  for (const member of happening.absent(ids)) {
    const { id } = member
    if (!isPaidFor(happening, member, at)) {
      leave(happening, id)
      continue
    }
    const heir = heirAmong(happening.membersWhere(({ cid }) => cid !== undefined))
    if (happening.session?.hostId === id && heir !== undefined) happening.add({ type: "hostPassed", id: heir.id })
  }
}

function isPaidFor({ session }: Happening, { id, since = 0 }: Member, at: number): boolean {
  const { checkout, members = [] } = session ?? {}
  if (checkout === undefined || !members.some(({ cid }) => cid !== undefined)) return false
  return checkout.payer !== id || checkout.ordered !== undefined || at - since < PAYER_STAYS_MS
}

/**
 * Who becomes host: the first guest who joined and is present; if none is present, the first guest. Guests in the shop become host only
 * if there are no others.
 */
function heirAmong(members: readonly Member[]): Member | undefined {
  const online = members.filter(({ basket }) => basket === undefined)
  const heirs = online.length === 0 ? members : online
  return heirs.find(({ cid }) => cid !== undefined) ?? heirs[0]
}

/** A connection speaks for one member, so the member that it spoke for before leaves. */
export function releaseConnection(happening: Happening, cid: string, except?: string): void {
  for (const { id } of happening.membersWhere((member) => speaksFor(cid, member) && member.id !== except))
    leave(happening, id)
}

/** Whether a connection belongs to a member, even if it is silent. */
export function speaksFor(connection: string, { cid, lostCid }: Member): boolean {
  return connection === cid || connection === lostCid
}

export function memberOf({ id, name, cid, resumeHash, client, at }: Newcomer, colour: number): Member {
  return { id, name, ready: false, content: {}, cid, resumeHash, client, colour, since: at }
}
