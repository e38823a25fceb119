import type { RequestNumber } from "res-service"
import type { ClientKind } from "../../contract/session-members.ts"
import type { Split } from "../../contract/session-status.ts"
import type { BasketRef } from "../shared-baskets.ts"
import { CART, type RequestNumbers, withRequest } from "./request-numbers.ts"

/** Most earlier connections of a member that may still see a closed session. */
const MAX_VIEWS = 5
/** Most baskets that a session remembers as removed by its host. */
const MAX_BARRED = 50

/** One friend in a session. */
export interface Member {
  /** The customerId. */
  readonly id: string
  readonly name: string
  readonly ready: boolean
  /** The version of the cart for which the member is ready; undefined if it is not ready, or was stored by an earlier release. */
  readonly readyFor?: string | undefined
  /** The cart, a JSON object; `{}` until it is set. */
  readonly content: object
  /** Of the requests by which the member has changed its cart. */
  readonly cartNumbers?: RequestNumbers | undefined
  /** Of the requests that have set its connection or its ready flag. */
  readonly numbers?: RequestNumbers
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
  /** Set for a member who shops in the shop: its cart is this basket. */
  readonly basket?: BasketRef
  readonly client: ClientKind
  /** See `freeColour`. */
  readonly colour: number
  /** IDs of the lines of its cart that it says are not its own. */
  readonly disowned?: readonly string[]
  /** Its page is hidden, or has had no input for a while. */
  readonly idle?: boolean
  /** Who asked it last whether it is ready, and when; undefined: nobody has since it was ready. */
  readonly nudged?: { readonly by: string; readonly at: number } | undefined
  /** When its presence changed last, in ms since the epoch; undefined: it was stored by an earlier release. */
  readonly since: number | undefined
}

/** An invitation that somebody has used. */
export interface UsedInvite {
  readonly id: string
  readonly uses: number
  /** Ms since the epoch. */
  readonly expiresAt: number
}

/** Keeps the carts as they are. */
export interface Lock {
  readonly by: "host" | "deadline"
  /** Ms since the epoch, as all times of a session. */
  readonly at: number
}

/** A member pays for all. */
export interface Checkout {
  /** The member's ID. After the order it may have left. */
  readonly payer: string
  readonly at: number
  /** IDs of those who were members when it began. Whoever comes later is not waited for, and shares no costs. */
  readonly members: readonly string[]
  /** Set when it is paid. */
  readonly ordered?: { readonly at: number; readonly ref: string | undefined }
}

/** A question of one member to another: whether a line may be added to a cart, or moved to another one. */
export interface Offer {
  /** Names what is asked: see `offerId`. */
  readonly id: string
  /** `add`: `by` offers an item for the cart of `to`. `move`: `by` asks for a line of the cart of `to`. */
  readonly type: "add" | "move"
  /** The ID of the member who asks. */
  readonly by: string
  /** The ID of the member who answers. */
  readonly to: string
  /** The line of a `move` as it was when it was asked for. */
  readonly item: object
  /** The ID of the line; undefined for `add`. */
  readonly line?: string | undefined
  readonly at: number
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
  /** The shop whose currency counts. */
  readonly shopId?: string
  /** Ends with its host. */
  readonly lock?: Lock | undefined
  /** When the carts are locked. Ends with its host; stays when it has passed, until the carts are unlocked. */
  readonly deadline?: number | undefined
  /** How the total is split. Default: by cart. */
  readonly split?: Split
  /** Undefined while friends shop. Ends when the payer is out before the order. */
  readonly checkout?: Checkout | undefined
  /** In the order of asking. They end with their members and lines, or after a while. */
  readonly offers?: readonly Offer[]
  /** The last baskets whose members the host has removed. */
  readonly barred?: readonly BasketRef[]
  /** In the order of joining. */
  readonly members: readonly Member[]
}

/** Something that happened in a session. A session is the result of its events. */
export type SessionEvent =
  | { readonly type: "created"; readonly host: Member }
  | { readonly type: "joined"; readonly member: Member }
  /** `request`: undefined if it has no number. */
  | {
      readonly type: "cartSet"
      readonly id: string
      readonly content: object
      readonly request?: RequestNumber | undefined
    }
  /** `readyFor`: the version of its cart, if it is ready. */
  | { readonly type: "readySet"; readonly id: string; readonly ready: boolean; readonly readyFor: string | undefined }
  | { readonly type: "readyWished"; readonly id: string; readonly wantsReady: boolean }
  /** `lostCid`: its connection may still exist, but is silent. */
  | { readonly type: "becameAbsent"; readonly id: string; readonly lostCid?: string; readonly at: number }
  | { readonly type: "hidden"; readonly id: string }
  | { readonly type: "resumed"; readonly id: string; readonly cid: string; readonly at: number }
  | { readonly type: "disownedSet"; readonly id: string; readonly lines: readonly string[] }
  | { readonly type: "offerMade"; readonly offer: Offer }
  | { readonly type: "offerEnded"; readonly id: string }
  | { readonly type: "nudged"; readonly id: string; readonly by: string; readonly at: number }
  | { readonly type: "idleSet"; readonly id: string; readonly idle: boolean; readonly at: number }
  | { readonly type: "closed"; readonly inviteKey: string }
  | { readonly type: "inviteUsed"; readonly id: string; readonly expiresAt: number; readonly at: number }
  | { readonly type: "shopSet"; readonly shopId: string }
  | { readonly type: "locked"; readonly lock: Lock }
  | { readonly type: "unlocked" }
  | { readonly type: "deadlineSet"; readonly deadline: number | undefined }
  | { readonly type: "splitSet"; readonly split: Split }
  | { readonly type: "checkoutBegun"; readonly checkout: Checkout }
  | { readonly type: "checkoutCancelled" }
  | { readonly type: "ordered"; readonly at: number; readonly ref: string | undefined }
  /** After an order. */
  | { readonly type: "shoppingBegun" }
  | { readonly type: "left"; readonly id: string }
  | { readonly type: "barred"; readonly basket: BasketRef }
  | { readonly type: "hostPassed"; readonly id: string }
  /** A numbered request has set something of the member. */
  | {
      readonly type: "requested"
      readonly id: string
      readonly settings: readonly string[]
      readonly request: RequestNumber
    }
  | { readonly type: "ended" }

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
  const change = (id: string, fields: Partial<Member>): Session => withMember(session, id, () => fields)
  switch (event.type) {
    case "joined":
      return { ...session, members: [...session.members, event.member] }
    case "cartSet":
      return withCart(session, event)
    case "readySet":
      return change(event.id, {
        ready: event.ready,
        readyFor: event.readyFor,
        ...(event.ready ? { nudged: undefined } : {}),
      })
    case "readyWished":
      return change(event.id, { wantsReady: event.wantsReady })
    case "becameAbsent":
      return change(event.id, {
        cid: undefined,
        lostCid: event.lostCid,
        since: event.at,
        ...(event.lostCid === undefined ? { wantsReady: false } : {}),
      })
    case "hidden":
      return change(event.id, { hidden: true })
    case "resumed":
      return change(event.id, {
        cid: event.cid,
        lostCid: undefined,
        hidden: false,
        views: viewsAfter(session, event),
        ...presenceAfter(session, event),
      })
    case "disownedSet":
      return change(event.id, { disowned: event.lines })
    case "offerMade":
      return { ...session, offers: [...(session.offers ?? []), event.offer] }
    case "offerEnded":
      return withOffers(session, ({ id }) => id !== event.id)
    case "nudged":
      return change(event.id, { nudged: { by: event.by, at: event.at } })
    case "idleSet":
      return change(event.id, { idle: event.idle, ...(isPresent(session, event.id) ? { since: event.at } : {}) })
    case "closed":
      return { ...session, invites: { key: event.inviteKey, used: [] } }
    case "inviteUsed":
      return withUse(session, event)
    case "shopSet":
      return { ...session, shopId: event.shopId }
    case "locked":
      return { ...session, lock: event.lock }
    case "unlocked":
      return { ...session, lock: undefined }
    case "deadlineSet":
      return { ...session, deadline: event.deadline }
    case "splitSet":
      return { ...session, split: event.split }
    case "checkoutBegun":
      return { ...session, checkout: event.checkout }
    case "checkoutCancelled":
      return { ...session, checkout: undefined }
    case "ordered":
      return withOrder(session, event)
    case "shoppingBegun":
      return { ...session, checkout: undefined, lock: undefined, deadline: undefined }
    case "left":
      return withoutMember(session, event.id)
    case "barred":
      return { ...session, barred: [...(session.barred ?? []), event.basket].slice(-MAX_BARRED) }
    case "hostPassed":
      return { ...session, hostId: event.id, lock: undefined, deadline: undefined }
    case "requested":
      return withMember(session, event.id, ({ numbers }) => ({
        numbers: withRequest(numbers, event.settings, event.request),
      }))
    case "ended":
      return undefined
  }
}

function withMember(session: Session, id: string, fields: (member: Member) => Partial<Member>): Session {
  return {
    ...session,
    members: session.members.map((member) => (member.id === id ? { ...member, ...fields(member) } : member)),
  }
}

/** A member's views after a resume: the connection that spoke for it becomes a view. */
function viewsAfter({ members }: Session, { id, cid }: SessionEvent & { type: "resumed" }): readonly string[] {
  const { views = [], cid: current, lostCid } = members.find((member) => member.id === id) ?? {}
  const cids = [...views, current ?? lostCid].filter((view) => view !== undefined && view !== cid)
  return [...new Set(cids)].slice(-MAX_VIEWS) as string[]
}

function isPresent({ members }: Session, id: string): boolean {
  return members.find((member) => member.id === id)?.cid !== undefined
}

/** A page that was silent goes on as it was. On another page, nobody has said anything yet. */
function presenceAfter({ members }: Session, { id, cid, at }: SessionEvent & { type: "resumed" }): Partial<Member> {
  const before = members.find((member) => member.id === id)
  if (before?.lostCid === cid) return { since: at }
  const isSilent = before?.lostCid !== undefined
  const wasHere = before?.cid !== undefined && before.idle !== true
  return { idle: false, ...(isSilent ? { wantsReady: false } : {}), ...(wasHere ? {} : { since: at }) }
}

function withUse(session: Session, { id, expiresAt, at }: SessionEvent & { type: "inviteUsed" }): Session {
  if (session.invites === undefined) throw new Error("an invitation to a session that has none")
  const { key, used } = session.invites
  const uses = (used.find((other) => other.id === id)?.uses ?? 0) + 1
  // Expired invitations admit nobody, so their uses need not be counted.
  const others = used.filter((other) => other.id !== id && other.expiresAt > at)
  return { ...session, invites: { key, used: [...others, { id, uses, expiresAt }] } }
}

function withOrder(session: Session, { at, ref }: SessionEvent & { type: "ordered" }): Session {
  if (session.checkout === undefined) throw new Error("an order without a checkout")
  return { ...session, checkout: { ...session.checkout, ordered: { at, ref } } }
}

function withCart(session: Session, { id, content, request }: SessionEvent & { type: "cartSet" }): Session {
  return withMember(session, id, ({ cartNumbers }) =>
    request === undefined ? { content } : { content, cartNumbers: withRequest(cartNumbers, [CART], request) },
  )
}

/** The session with those of its offers that meet a condition. */
function withOffers(session: Session, condition: (offer: Offer) => boolean): Session {
  return session.offers === undefined ? session : { ...session, offers: session.offers.filter(condition) }
}

function withoutMember(session: Session, gone: string): Session {
  const { checkout, members } = session
  const isAbandoned = checkout?.payer === gone && checkout.ordered === undefined
  return {
    ...withOffers(session, ({ by, to }) => by !== gone && to !== gone),
    checkout: isAbandoned ? undefined : checkout,
    members: members.filter(({ id }) => id !== gone),
  }
}
