import { serviceError } from "../../contract/errors.ts"
import { sameSecret } from "../same-secret.ts"
import { decodeInvite } from "./invite.ts"

/** Most members of a session. */
export const MAX_MEMBERS = 50
/** Most earlier connections of a member that may still see a closed session. */
const MAX_VIEWS = 5

/** One friend in a session. */
export interface Member {
  /** The customerId. */
  readonly id: string
  readonly name: string
  readonly ready: boolean
  /** The cart, a JSON object; `{}` until it is set. */
  readonly content: object
  /** The connection that speaks for the member; undefined while it is absent. */
  readonly cid: string | undefined
  /** The connection that became silent; when it calls again, the member is back. */
  readonly lostCid?: string | undefined
  /** The last connections that spoke for the member before: pages of the same person, which may still show the session. */
  readonly views?: readonly string[]
  /** SHA-256 of the token that lets it resume on another connection. */
  readonly resumeHash: string
  /** An old client said that it is ready. As host it becomes ready whenever every guest is. */
  readonly wantsReady?: boolean
  /** Absent, and hidden from old clients, which wait for everyone in their list. */
  readonly hidden?: boolean
}

/** An invitation that somebody has used. */
export interface UsedInvite {
  readonly id: string
  readonly uses: number
  /** Ms since the epoch. */
  readonly expiresAt: number
}

/** Friends who shop together. A session always has a member, and always one host. */
export interface Session {
  readonly hostId: string
  /** Set from the first invitation on. From then on, knowing the session's ID is not enough to join. */
  readonly invites?: {
    /** Signs the invitations. */
    readonly key: string
    readonly used: readonly UsedInvite[]
  }
  /** In the order of joining. */
  readonly members: readonly Member[]
}

/** Something that happened in a session. A session is the result of its events. */
export type SessionEvent =
  | { readonly type: "created"; readonly host: Member }
  | { readonly type: "joined"; readonly member: Member }
  | { readonly type: "cartSet"; readonly id: string; readonly content: object }
  | { readonly type: "readySet"; readonly id: string; readonly ready: boolean }
  | { readonly type: "readyWished"; readonly id: string; readonly wantsReady: boolean }
  /** `lostCid`: its connection may still exist, but is silent. */
  | { readonly type: "becameAbsent"; readonly id: string; readonly lostCid?: string }
  | { readonly type: "hidden"; readonly id: string }
  | { readonly type: "resumed"; readonly id: string; readonly cid: string }
  | { readonly type: "closed"; readonly inviteKey: string }
  | { readonly type: "inviteUsed"; readonly id: string; readonly expiresAt: number; readonly at: number }
  | { readonly type: "left"; readonly id: string }
  | { readonly type: "hostPassed"; readonly id: string }
  | { readonly type: "ended" }

/** Somebody who wants to become a member. */
export interface Newcomer extends Pick<Member, "id" | "name" | "resumeHash"> {
  readonly cid: string
  /** When the newcomer asks, in ms since the epoch. */
  readonly at: number
  /** The text of the newcomer's invitation; undefined: none. */
  readonly invite: string | undefined
}

/** A request to change a session. */
export type SessionCommand =
  | { readonly type: "start"; readonly newcomer: Newcomer }
  | { readonly type: "join"; readonly newcomer: Newcomer }
  | { readonly type: "updateCart"; readonly id: string; readonly content: object }
  /** `keepWish`: an early host is not refused, but becomes ready with the last guest. */
  | { readonly type: "setReady"; readonly id: string; readonly ready: boolean; readonly keepWish: boolean }
  | { readonly type: "resume"; readonly id: string; readonly resumeHash: string; readonly cid: string }
  /** Prepares a session for invitations; `key` signs them if the session has no key yet. */
  | { readonly type: "invite"; readonly by: string; readonly key: string }
  | { readonly type: "leave"; readonly id: string }
  | { readonly type: "kick"; readonly by: string; readonly id: string }
  /** The connection is gone. */
  | { readonly type: "disconnect"; readonly cid: string }
  /** The connection is silent. */
  | { readonly type: "lose"; readonly cid: string }
  /** A connection that was silent calls again. */
  | { readonly type: "return"; readonly cid: string }
  /** Hides these members from old clients, if they are absent. */
  | { readonly type: "hide"; readonly ids: readonly string[] }
  /** Removes these members, if they are absent. */
  | { readonly type: "expire"; readonly ids: readonly string[] }

/** Whether a connection may see a session. Only the connections of members see a closed session. */
export function isShownTo(session: Session | undefined, cid: string): boolean {
  return session?.invites === undefined || connectionsOf(session).has(cid)
}

/** The connections of a session's members, including silent and earlier ones. */
export function connectionsOf(session: Session | undefined): ReadonlySet<string> {
  const cids = session?.members.flatMap(({ cid, lostCid, views = [] }) => [cid ?? lostCid, ...views]) ?? []
  return new Set(cids.filter((cid) => cid !== undefined))
}

/** The session after one more event. Pure: the same events make the same session. */
export function evolve(session: Session | undefined, event: SessionEvent): Session | undefined {
  if (event.type === "created") return { hostId: event.host.id, members: [event.host] }
  if (session === undefined) throw new Error(`"${event.type}" without a session`)
  const change = (id: string, fields: Partial<Member>): Session => ({
    ...session,
    members: session.members.map((member) => (member.id === id ? { ...member, ...fields } : member)),
  })
  switch (event.type) {
    case "joined":
      return { ...session, members: [...session.members, event.member] }
    case "cartSet":
      return change(event.id, { content: event.content })
    case "readySet":
      return change(event.id, { ready: event.ready })
    case "readyWished":
      return change(event.id, { wantsReady: event.wantsReady })
    case "becameAbsent":
      return change(event.id, { cid: undefined, lostCid: event.lostCid, wantsReady: false })
    case "hidden":
      return change(event.id, { hidden: true })
    case "resumed":
      return change(event.id, {
        cid: event.cid,
        lostCid: undefined,
        hidden: false,
        views: viewsAfter(session, event),
      })
    case "closed":
      return { ...session, invites: { key: event.inviteKey, used: [] } }
    case "inviteUsed":
      return withUse(session, event)
    case "left":
      return { ...session, members: session.members.filter(({ id }) => id !== event.id) }
    case "hostPassed":
      return { ...session, hostId: event.id }
    case "ended":
      return undefined
  }
}

/** A member's views after a resume: the connection that spoke for it becomes a view. */
function viewsAfter({ members }: Session, { id, cid }: SessionEvent & { type: "resumed" }): readonly string[] {
  const { views = [], cid: current, lostCid } = members.find((member) => member.id === id) ?? {}
  const cids = [...views, current ?? lostCid].filter((view) => view !== undefined && view !== cid)
  return [...new Set(cids)].slice(-MAX_VIEWS) as string[]
}

function withUse(session: Session, { id, expiresAt, at }: SessionEvent & { type: "inviteUsed" }): Session {
  if (session.invites === undefined) throw new Error("an invitation to a session that has none")
  const { key, used } = session.invites
  const uses = (used.find((other) => other.id === id)?.uses ?? 0) + 1
  // Expired invitations admit nobody, so their uses need not be counted.
  const others = used.filter((other) => other.id !== id && other.expiresAt > at)
  return { ...session, invites: { key, used: [...others, { id, uses, expiresAt }] } }
}

/**
 * The events that a command causes. The events of a new session begin with `created`; when the last member leaves, they end with `ended`.
 *
 * @throws {ResError} `session.hostPresent` · `session.notStarted` · `session.full` · `session.notMember` ·
 *   `session.notHost` · `session.guestsNotReady` · `session.wrongResumeToken` · `session.inviteNeeded` ·
 *   `session.inviteExpired` · `session.inviteUsedUp`
 */
export function decide(session: Session | undefined, command: SessionCommand): readonly SessionEvent[] {
  const happening = new Happening(session)
  switch (command.type) {
    case "start":
      start(happening, command.newcomer)
      break
    case "join":
      join(happening, command.newcomer)
      break
    case "updateCart":
      happening.member(command.id)
      happening.add({ type: "cartSet", id: command.id, content: command.content })
      break
    case "setReady":
      setReady(happening, command)
      break
    case "resume":
      if (!sameSecret(happening.member(command.id).resumeHash, command.resumeHash))
        throw serviceError("session.wrongResumeToken")
      releaseConnection(happening, command.cid, command.id)
      happening.add({ type: "resumed", id: command.id, cid: command.cid })
      break
    case "leave":
      leave(happening, happening.member(command.id).id)
      break
    case "invite":
      checkHost(happening, command.by)
      if (happening.session?.invites === undefined) happening.add({ type: "closed", inviteKey: command.key })
      break
    case "kick":
      checkHost(happening, command.by)
      leave(happening, happening.member(command.id).id)
      break
    case "disconnect":
      for (const { id } of happening.membersWhere(({ cid }) => cid === command.cid)) {
        happening.add({ type: "becameAbsent", id })
      }
      break
    case "lose":
      for (const { id } of happening.membersWhere(({ cid }) => cid === command.cid)) {
        happening.add({ type: "becameAbsent", id, lostCid: command.cid })
      }
      break
    case "return":
      for (const { id } of happening.membersWhere(({ lostCid }) => lostCid === command.cid)) {
        happening.add({ type: "resumed", id, cid: command.cid })
      }
      break
    case "hide":
      for (const { id, hidden } of happening.absent(command.ids)) {
        if (hidden !== true) happening.add({ type: "hidden", id })
      }
      break
    case "expire":
      for (const { id } of happening.absent(command.ids)) leave(happening, id)
      break
  }
  settleHost(happening)
  return happening.events
}

// A present host keeps its place. An absent host is replaced by whoever starts, usually the host's own reloaded page.
function start(happening: Happening, newcomer: Newcomer): void {
  const host = happening.host()
  if (host === undefined) {
    happening.add({ type: "created", host: memberOf(newcomer) })
    return
  }
  const isAgain = speaksFor(newcomer.cid, host)
  if (host.cid !== undefined && !isAgain) throw serviceError("session.hostPresent")
  if (!isAgain) admit(happening, newcomer)
  releaseConnection(happening, newcomer.cid, host.id)
  happening.add({ type: "joined", member: memberOf(newcomer) })
  happening.add({ type: "hostPassed", id: newcomer.id })
  happening.add({ type: "left", id: host.id })
}

function join(happening: Happening, newcomer: Newcomer): void {
  const others = happening.membersWhere((member) => !speaksFor(newcomer.cid, member))
  if (others.length === 0) throw serviceError("session.notStarted")
  if (others.length >= MAX_MEMBERS) throw serviceError("session.full")
  admit(happening, newcomer)
  releaseConnection(happening, newcomer.cid)
  // A reloaded page joins again under the same name; friends should not see it twice.
  for (const { id } of happening.membersWhere(({ cid, name }) => cid === undefined && name === newcomer.name))
    happening.add({ type: "hidden", id })
  happening.add({ type: "joined", member: memberOf(newcomer) })
}

/** Admits a newcomer: to an open session always, else by an invitation. */
function admit(happening: Happening, { invite: encoded = "", at }: Newcomer): void {
  const { invites } = happening.session ?? {}
  if (invites === undefined) return
  const invite = decodeInvite(invites.key, encoded)
  if (invite === undefined) throw serviceError("session.inviteNeeded")
  if (invite.expiresAt <= at) throw serviceError("session.inviteExpired")
  const { uses = 0 } = invites.used.find(({ id }) => id === invite.id) ?? {}
  if (uses >= invite.maxUses) throw serviceError("session.inviteUsedUp")
  happening.add({ type: "inviteUsed", id: invite.id, expiresAt: invite.expiresAt, at })
}

function checkHost(happening: Happening, id: string): void {
  if (happening.member(id).id !== happening.session?.hostId) throw serviceError("session.notHost")
}

function setReady(
  happening: Happening,
  { id, ready, keepWish }: Pick<SessionCommand & { type: "setReady" }, "id" | "ready" | "keepWish">,
): void {
  const { wantsReady = false } = happening.member(id)
  const isEarly = ready && id === happening.session?.hostId && !happening.guestsAreReady()
  if (isEarly && !keepWish) throw serviceError("session.guestsNotReady")
  const wish = ready && (keepWish || wantsReady)
  if (wish !== wantsReady) happening.add({ type: "readyWished", id, wantsReady: wish })
  happening.add({ type: "readySet", id, ready: ready && !isEarly })
}

/** Removes a member. If it was the host, the first guest who joined and is present becomes host; if none is present, the first guest. */
function leave(happening: Happening, id: string): void {
  const rest = happening.membersWhere((member) => member.id !== id)
  const heir = rest.find(({ cid }) => cid !== undefined) ?? rest[0]
  if (happening.session?.hostId === id && heir !== undefined) happening.add({ type: "hostPassed", id: heir.id })
  happening.add({ type: "left", id })
  if (rest.length === 0) happening.add({ type: "ended" })
}

/** A connection speaks for one member, so the member that it spoke for before leaves. */
function releaseConnection(happening: Happening, cid: string, except?: string): void {
  for (const { id } of happening.membersWhere((member) => speaksFor(cid, member) && member.id !== except))
    leave(happening, id)
}

/** Whether a connection belongs to a member, even if it is silent. */
function speaksFor(connection: string, { cid, lostCid }: Member): boolean {
  return connection === cid || connection === lostCid
}

/** Withdraws the host's readiness when a guest is not ready, and fulfils the host's wish when all are. */
function settleHost(happening: Happening): void {
  const host = happening.host()
  if (host === undefined) return
  const ready = (host.ready || host.wantsReady === true) && happening.guestsAreReady()
  if (ready !== host.ready) happening.add({ type: "readySet", id: host.id, ready })
}

function memberOf({ id, name, cid, resumeHash }: Newcomer): Member {
  return { id, name, ready: false, content: {}, cid, resumeHash }
}

/** The events that a command has caused so far, and the session after them. */
class Happening {
  readonly events: SessionEvent[] = []
  session: Session | undefined

  constructor(session: Session | undefined) {
    this.session = session
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
