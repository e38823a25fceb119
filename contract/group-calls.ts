import type { MethodOf } from "res-service/contract"
import type { multicart } from "./session.ts"

/**
 * Messages of new storefronts that are calls of the multicart: its method by event. The sender gets the answer without its `n`. Pages
 * use this too, so it comes without zod.
 */
export const groupCalls = {
  lockSession: "lock",
  unlockSession: "unlock",
  setDeadline: "setDeadline",
  setSplit: "setSplit",
  beginCheckout: "beginCheckout",
  cancelCheckout: "cancelCheckout",
  completeCheckout: "completeCheckout",
  shopAgain: "shopAgain",
  setItem: "setItem",
  removeItem: "removeItem",
  disown: "disown",
  offerItem: "offerItem",
  askForLine: "askForLine",
  answerOffer: "answerOffer",
  nudge: "nudge",
  setIdle: "setIdle",
} as const satisfies Readonly<Record<string, MethodOf<typeof multicart>>>
export type GroupEvent = keyof typeof groupCalls
