import { z } from "zod"
import type { GroupEvent } from "./group-calls.ts"
import { Owner } from "./session.ts"
import {
  CartUpdate,
  CustomerRef,
  DeadlineUpdate,
  IdleUpdate,
  Introduction,
  Invitation,
  Look,
  Nudge,
  Order,
  ReadyUpdate,
  Resumption,
  SplitUpdate,
} from "./session-calls.ts"
import { Disowning, ItemOffer, ItemRemoval, ItemUpdate, LineRequest, OfferAnswer } from "./session-lines.ts"
import { SessionMember } from "./session-members.ts"
import { Start } from "./session-start.ts"
import { SessionStatus } from "./session-status.ts"

/** For an event without a payload. */
const nothing = z.undefined()

/**
 * What clients send, by event. The edge passes a payload on to the service as it is, and the service checks it.
 *
 * Source: design.md, "Legacy WebSocket".
 */
export const clientPayloads = {
  startSession: Start,
  joinSession: Introduction,
  updateCart: CartUpdate,
  customerReadyToCheckout: ReadyUpdate.omit({ keepWish: true }),
  // Later additions, which old clients do not send.
  resumeSession: Resumption,
  leaveSession: nothing,
  kick: CustomerRef,
  createInvite: Invitation.unwrap(),
  ping: nothing,
  /** Who invites? Before joining. */
  lookSession: Look.unwrap(),
  /** The socket wants `sessionStatus`, and more about errors. */
  watchStatus: nothing,
  lockSession: nothing,
  unlockSession: nothing,
  setDeadline: DeadlineUpdate,
  setSplit: SplitUpdate,
  beginCheckout: CustomerRef,
  cancelCheckout: nothing,
  completeCheckout: Order.unwrap(),
  shopAgain: nothing,
  setItem: ItemUpdate,
  removeItem: ItemRemoval,
  disown: Disowning,
  offerItem: ItemOffer,
  askForLine: LineRequest,
  answerOffer: OfferAnswer,
  nudge: Nudge,
  setIdle: IdleUpdate,
} as const satisfies Readonly<Record<string, z.ZodType>> & Readonly<Record<GroupEvent, z.ZodType>>
export type ClientPayloads = {
  readonly [E in keyof typeof clientPayloads]: z.input<(typeof clientPayloads)[E]>
}

/** A message of a client: a text frame with a JSON object `{ "event", "payload" }`. */
export const LegacyMessage = z.object({ event: z.object(clientPayloads).keyof(), payload: z.unknown().optional() })
export type LegacyMessage = z.infer<typeof LegacyMessage>

const done = z.object({})
const NewMember = z.object({ customerId: z.string(), resumeToken: z.string() })

/** What the edge sends, by event. */
export const serverPayloads = {
  startSession: NewMember,
  joinSession: NewMember,
  resumeSession: z.object({ customerId: z.string() }),
  leaveSession: done,
  createInvite: z.object({ invite: z.string() }),
  /** Whether this socket speaks for the customer, or another one has resumed the customer. */
  speaking: z.object({ customerId: z.string(), isSpeaking: z.boolean() }),
  /** `isLive`: the service behind the edge answers too. `now`: the server's clock, for sockets that watch the status. */
  ping: z.object({ isLive: z.boolean(), now: z.iso.datetime().optional() }),
  multicartUpdate: z.object({
    multicartContent: z.array(z.object({ owner: Owner, content: z.looseObject({}) })).readonly(),
  }),
  /** For sockets that watch the status, also the refused message's event, and the error's data if it has any. */
  error: z.object({
    code: z.string(),
    message: z.string(),
    event: z.string().optional(),
    data: z.unknown().optional(),
  }),
  /** What members share beside their carts, and who they are: when it is asked for, and after each change. */
  sessionStatus: z.object({ status: SessionStatus, members: z.array(SessionMember).readonly() }),
  lookSession: z.object({ host: z.string() }),
  lockSession: done,
  unlockSession: done,
  setDeadline: done,
  setSplit: done,
  beginCheckout: done,
  cancelCheckout: done,
  completeCheckout: done,
  shopAgain: done,
  setItem: z.object({ version: z.string(), line: z.string() }),
  removeItem: z.object({ version: z.string() }),
  disown: done,
  offerItem: z.object({ offer: z.string() }),
  /** Null: the line has moved. */
  askForLine: z.object({ offer: z.string().nullable() }),
  answerOffer: done,
  nudge: done,
  setIdle: done,
} as const satisfies Readonly<Record<string, z.ZodType>> & Readonly<Record<GroupEvent, z.ZodType>>
export type ServerPayloads = {
  readonly [E in keyof typeof serverPayloads]: z.input<(typeof serverPayloads)[E]>
}

/** The edge's own refusals; the service's codes come as they are. */
export const legacyErrors = {
  "legacy.notJson": "A message is a text frame with a JSON object",
  "legacy.unknownEvent": "The message has no event that is known",
  "legacy.unavailable": "The change may or may not be stored; try again",
} as const

/** The message of `legacy.unavailable` when nothing was tried. */
export const NOTHING_TRIED = "The service is unavailable, so nothing was tried; try again later"

export type LegacyErrorCode = keyof typeof legacyErrors
