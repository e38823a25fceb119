import { serviceError } from "../../contract/errors.ts"
import { sizeOf, versionOf } from "./cart-content.ts"
import type { SessionCommand } from "./command.ts"
import type { Happening } from "./happening.ts"
import { addItem, lineIn, removeLine } from "./items.ts"
import { checkUnlocked } from "./lock.ts"
import type { Offer, Session } from "./session.ts"

/** Most offers of a session, and of one member who asks. */
export const MAX_OFFERS = 20
export const MAX_OFFERS_BY_MEMBER = 5
/** After this time without an answer, in ms, an offer ends. */
export const OFFER_MS = 10 * 60 * 1000
/** Largest item of an offer, in bytes of JSON: the status of a session has all its offers. */
export const MAX_OFFERED_BYTES = 8 * 1024

type Command<T extends SessionCommand["type"]> = Extract<SessionCommand, { type: T }>

/** The host offers an item for a friend's cart. */
export function offerItem(happening: Happening, { id: by, to, item, at }: Command<"offerItem">): void {
  happening.checkHost(by)
  checkUnlocked(happening.session)
  makeOffer(happening, { type: "add", by, to, item, at })
}

/** A member asks for a line of a friend's cart. A line that is not the friend's moves at once. */
export function askForLine(happening: Happening, { id: by, from, line, at }: Command<"askForLine">): void {
  happening.member(by)
  const { content, disowned = [] } = happening.member(from)
  checkUnlocked(happening.session)
  const { item } = lineIn(content, line)
  if (by !== from && disowned.includes(line)) moveLine(happening, from, line, by)
  else makeOffer(happening, { type: "move", by, to: from, item, line, at })
}

/** A member agrees to an offer, or declines it. Carts that can't be changed are no reason not to decline. */
export function answerOffer(happening: Happening, { id, offer: asked, accept }: Command<"answerOffer">): void {
  happening.member(id)
  const offer = happening.session?.offers?.find((each) => each.id === asked && each.to === id)
  if (offer === undefined) throw serviceError("session.noSuchOffer")
  if (accept) {
    checkUnlocked(happening.session)
    if (offer.line === undefined) addItem(happening, id, offer.item)
    else moveLine(happening, id, offer.line, offer.by)
  }
  endOffers(happening, (each) => each.id === asked)
}

/** When the first offer ends by itself, in ms since the epoch; undefined: there is none. */
export function offersDue(session: Session | undefined): number | undefined {
  const { offers = [] } = session ?? {}
  return offers.length === 0 ? undefined : Math.min(...offers.map(({ at }) => at)) + OFFER_MS
}

/** Ends the offers that nobody has answered for too long. */
export function endOldOffers(happening: Happening, at: number): void {
  endOffers(happening, (offer) => offer.at + OFFER_MS <= at)
}

/** Names what is asked. Whoever asks the same again has the same offer. */
export function offerId({ type, by, to, item, line }: Omit<Offer, "id" | "at">): string {
  return versionOf({ type, by, to, what: line ?? item })
}

function makeOffer(happening: Happening, asked: Omit<Offer, "id">): void {
  const { by, to, item } = asked
  if (by === to || happening.member(to).basket !== undefined) throw serviceError("session.cannotAnswer")
  const { offers = [] } = happening.session ?? {}
  const id = offerId(asked)
  if (offers.some((offer) => offer.id === id)) return
  if (sizeOf(item) > MAX_OFFERED_BYTES) throw serviceError("session.itemTooLarge", { limitBytes: MAX_OFFERED_BYTES })
  if (offers.length >= MAX_OFFERS || offers.filter((offer) => offer.by === by).length >= MAX_OFFERS_BY_MEMBER)
    throw serviceError("session.tooManyOffers")
  happening.add({ type: "offerMade", offer: { id, ...asked } })
}

/** Each cart is stored by itself, in the order of the events: if the service stops in between, the line is in both carts. */
function moveLine(happening: Happening, from: string, line: string, to: string): void {
  addItem(happening, to, lineIn(happening.member(from).content, line).item)
  removeLine(happening, from, line)
}

function endOffers(happening: Happening, condition: (offer: Offer) => boolean): void {
  for (const { id } of happening.session?.offers?.filter(condition) ?? []) happening.add({ type: "offerEnded", id })
}
