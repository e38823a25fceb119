import { defineCollection, defineModel, referenceTo } from "res-service/contract"
import { z } from "zod"
import { errorCodes } from "./errors.ts"
import {
  CartUpdate,
  CustomerRef,
  DeadlineUpdate,
  IdleUpdate,
  Introduction,
  Invitation,
  KeepAlive,
  Look,
  Nudge,
  Order,
  ReadyUpdate,
  Resumption,
  SessionId,
  SplitUpdate,
} from "./session-calls.ts"
import { CartLine, Disowning, ItemOffer, ItemRemoval, ItemUpdate, LineRequest, OfferAnswer } from "./session-lines.ts"
import { SessionMember } from "./session-members.ts"
import { Start } from "./session-start.ts"
import { SessionStatus } from "./session-status.ts"

/** The owner of a cart, in the names of the old protocol. */
export const Owner = z.object({
  id: z.string(),
  name: z.string(),
  isHost: z.boolean(),
  isReadyToCheckout: z.boolean(),
})
export type Owner = Readonly<z.infer<typeof Owner>>

/** Answered by every command. `n` grows with each; the event `updated` that the command caused has the same. */
const Done = z.object({ n: z.int() })

/** Answered to a new member. */
const Entered = Done.extend({ customerId: z.string(), resumeToken: z.string() })

/** Every command may be refused for these. */
const unable = [
  "system.invalidParams",
  "system.invalidRequest",
  "session.tooMany",
  "system.serviceUnavailable",
] as const
const foreign = ["session.notMember", "session.notYourCustomer"] as const
/** Only the host may. */
const governed = ["session.notHost", "session.checkingOut", "session.ordered"] as const
/** A change of a cart by its version. */
const changing = [
  "session.cartChanged",
  "session.locked",
  "session.checkingOut",
  "session.ordered",
  ...foreign,
  ...unable,
] as const
/** An offer between members. Declining one is never refused for the state of the carts. */
const offering = ["session.locked", "session.checkingOut", "session.ordered", ...foreign, ...unable] as const
/** Nobody can be asked, or not with this item. */
const unoffered = ["session.cannotAnswer", "session.itemTooLarge", "session.tooManyOffers"] as const
const uninvited = ["session.inviteNeeded", "session.inviteExpired", "session.inviteUsedUp"] as const

/**
 * `session.<id>.cart.<customerId>`: a member's cart.
 *
 * get     content: an Ecwid Cart object, {} until it is set. errors: system.notFound (no such member)
 * events  change
 */
export const cart = defineModel("session.$id.cart.$customer", {
  parts: { id: SessionId },
  value: z.object({ owner: Owner, content: z.custom<object>((value) => typeof value === "object" && value !== null) }),
  errors: errorCodes("system.serviceUnavailable"),
})

/**
 * `session.<id>.line.<customerId>.<line>`: one line of a cart. The ID of a line comes from the product and its options, so a line keeps it while
 * quantity or price change; `-2`, `-3` follow where the cart has the same again.
 *
 * get     errors: system.notFound (no such line)
 * events  change
 */
export const cartLine = defineModel("session.$id.line.$customer.$line", {
  parts: { id: SessionId },
  value: CartLine,
  errors: errorCodes("system.serviceUnavailable"),
})

/**
 * `session.<id>.lines.<customerId>`: the lines of a cart: its `items`, in their order. A cart without `items` has none. So a change of one line
 * travels as one line, however the cart was changed.
 *
 * get     errors: system.notFound (no such member)
 * events  add, remove
 */
export const cartLines = defineCollection("session.$id.lines.$customer", {
  parts: { id: SessionId },
  value: referenceTo(cartLine),
  errors: errorCodes("system.serviceUnavailable"),
})

/**
 * `session.<id>.present`: as the multicart, without members that are away for a few seconds and not ready. Old clients are shown this
 * one, since they wait for everyone whom they are shown. It has no calls.
 *
 * events  add, remove; `updated` { n } as the multicart
 */
export const present = defineCollection("session.$id.present", {
  parts: { id: SessionId },
  value: referenceTo(cart),
  errors: errorCodes("system.serviceUnavailable"),
  events: { updated: Done },
})

/**
 * `session.<id>.status`: what all members share, beside their carts. It has no calls: those of the multicart change it.
 *
 * events  change, before the `updated` with the same `n`
 */
export const sessionStatus = defineModel("session.$id.status", {
  parts: { id: SessionId },
  value: SessionStatus,
  errors: errorCodes("system.serviceUnavailable"),
})

/**
 * `session.<id>.member.<customerId>`: a member beside its cart: whether it is there, on which client, its colour and initials.
 *
 * get     errors: system.notFound (no such member)
 * events  change, before the `updated` with the same `n`, if there is one
 */
export const sessionMember = defineModel("session.$id.member.$customer", {
  parts: { id: SessionId },
  value: SessionMember,
  errors: errorCodes("system.serviceUnavailable"),
})

/**
 * `session.<id>.members`: the members of a session, also absent ones, in the order of the multicart. It has no calls: those of the multicart
 * change it.
 *
 * events  add, remove
 */
export const sessionMembers = defineCollection("session.$id.members", {
  parts: { id: SessionId },
  value: referenceTo(sessionMember),
  errors: errorCodes("system.serviceUnavailable"),
})

/**
 * `session.<id>.multicart`: the carts of a session, the host's first, then in the order of joining.
 *
 * call    start, join, look: an invitation is needed once the session has invitations · look: the host's name, before joining ·
 *         customerReadyToCheckout: for the cart with that `version`; with `keepWish` an early host is not refused, but becomes
 *         ready whenever every guest is, until it takes that back or is away ·
 *         kick, createInvite: by the host; from the first invitation on, joining needs one ·
 *         lock, unlock, setDeadline, setSplit, shopAgain: by the host · beginCheckout: the customer pays ·
 *         cancelCheckout: by the payer or the host · completeCheckout: by the payer ·
 *         setItem, removeItem: one line of the own cart, of the `version` that the caller has seen ·
 *         disown: a line of the own cart is not the member's ·
 *         offerItem: by the host, for a friend's cart · askForLine: for a line of a friend's cart; a disowned one moves at once, and
 *         `offer` is null · answerOffer: by the member who is asked; until then the offer is in the status ·
 *         nudge: another member is asked whether it is ready ·
 *         setIdle: the member's page is hidden, or has had no input for a while; or no longer ·
 *         disconnect: the caller's connection is gone now ·
 *         lose: nothing comes from the caller's connection; its next call brings its member back ·
 *         keepAlive: the caller's connection, and others of the same edge, are still there
 * events  add, remove; after each call that was accepted, last `updated` { n }, before the answer; but not after keepAlive, and not after
 *         setIdle, nudge, disown, and offers that change no cart: they change nothing that old clients see
 * source  design.md, "RES resources", "Sessions"
 */
export const multicart = defineCollection("session.$id.multicart", {
  parts: { id: SessionId },
  value: referenceTo(cart),
  errors: errorCodes("system.serviceUnavailable"),
  calls: {
    start: {
      params: Start,
      answer: Entered,
      errors: errorCodes("session.hostPresent", "session.full", ...uninvited, ...unable),
    },
    join: {
      params: Introduction,
      answer: Entered,
      errors: errorCodes("session.notStarted", "session.full", ...uninvited, ...unable),
    },
    look: {
      params: Look,
      answer: z.object({ host: z.string() }),
      errors: errorCodes("session.notStarted", ...uninvited, ...unable),
    },
    updateCart: {
      params: CartUpdate,
      answer: Done,
      errors: errorCodes(
        "session.cartTooLarge",
        "session.locked",
        "session.checkingOut",
        "session.ordered",
        ...foreign,
        ...unable,
      ),
    },
    customerReadyToCheckout: {
      params: ReadyUpdate,
      answer: Done.extend({ isReadyToCheckout: z.boolean() }),
      errors: errorCodes(
        "session.guestsNotReady",
        "session.cartChanged",
        "session.cartEmpty",
        "session.checkingOut",
        "session.ordered",
        ...foreign,
        ...unable,
      ),
    },
    resume: {
      params: Resumption,
      answer: Done,
      errors: errorCodes("session.notMember", "session.wrongResumeToken", ...unable),
    },
    leave: { params: CustomerRef, answer: Done, errors: errorCodes(...foreign, ...unable) },
    kick: { params: CustomerRef, answer: Done, errors: errorCodes("session.notHost", "session.notMember", ...unable) },
    createInvite: {
      params: Invitation,
      answer: Done.extend({ invite: z.string() }),
      errors: errorCodes("session.notHost", ...unable),
    },
    lock: { answer: Done, errors: errorCodes(...governed, ...unable) },
    unlock: { answer: Done, errors: errorCodes(...governed, ...unable) },
    setDeadline: {
      params: DeadlineUpdate,
      answer: Done,
      errors: errorCodes("session.deadlineOutOfRange", ...governed, ...unable),
    },
    setSplit: { params: SplitUpdate, answer: Done, errors: errorCodes(...governed, ...unable) },
    beginCheckout: {
      params: CustomerRef,
      answer: Done,
      errors: errorCodes(
        "session.notEverybodyReady",
        "session.alreadyCheckingOut",
        "session.ordered",
        ...foreign,
        ...unable,
      ),
    },
    cancelCheckout: {
      answer: Done,
      errors: errorCodes("session.notCheckingOut", "session.notPayer", "session.ordered", ...unable),
    },
    completeCheckout: {
      params: Order,
      answer: Done,
      errors: errorCodes("session.notCheckingOut", "session.notPayer", "session.ordered", ...unable),
    },
    shopAgain: { answer: Done, errors: errorCodes("session.notHost", "session.notOrdered", ...unable) },
    setItem: {
      params: ItemUpdate,
      answer: Done.extend({ version: z.string(), line: z.string() }),
      errors: errorCodes("session.noSuchLine", "session.cartTooLarge", ...changing),
    },
    removeItem: {
      params: ItemRemoval,
      answer: Done.extend({ version: z.string() }),
      errors: errorCodes("session.noSuchLine", ...changing),
    },
    disown: {
      params: Disowning,
      answer: Done,
      errors: errorCodes("session.noSuchLine", "session.tooManyOffers", ...foreign, ...unable),
    },
    offerItem: {
      params: ItemOffer,
      answer: Done.extend({ offer: z.string() }),
      errors: errorCodes("session.notHost", ...unoffered, ...offering),
    },
    askForLine: {
      params: LineRequest,
      answer: Done.extend({ offer: z.string().nullable() }),
      errors: errorCodes("session.noSuchLine", "session.cartTooLarge", ...unoffered, ...offering),
    },
    answerOffer: {
      params: OfferAnswer,
      answer: Done,
      errors: errorCodes("session.noSuchOffer", "session.cartTooLarge", ...offering),
    },
    nudge: {
      params: Nudge,
      answer: Done,
      errors: errorCodes("session.cannotAnswer", "session.checkingOut", "session.ordered", ...foreign, ...unable),
    },
    setIdle: { params: IdleUpdate, answer: Done, errors: errorCodes(...foreign, ...unable) },
    disconnect: { answer: Done, errors: errorCodes("system.serviceUnavailable") },
    lose: { answer: Done, errors: errorCodes("system.serviceUnavailable") },
    keepAlive: { params: KeepAlive, errors: errorCodes("system.invalidParams", "system.invalidRequest") },
  },
  events: { updated: Done },
})
