import type { Split } from "../../contract/session-status.ts"
import type { BasketRef } from "../shared-baskets.ts"
import type { Member } from "./session.ts"

/** Somebody who wants to become a member. */
export interface Newcomer extends Pick<Member, "id" | "name" | "resumeHash" | "client"> {
  readonly cid: string
  /** When the newcomer asks, in ms since the epoch. */
  readonly at: number
  /** The text of the newcomer's invitation; undefined: none. */
  readonly invite: string | undefined
}

/** A member says whether it is ready. */
export interface SetReady {
  readonly type: "setReady"
  readonly id: string
  readonly ready: boolean
  /** An early host is not refused, but becomes ready with the last guest. */
  readonly keepWish: boolean
  /** The version of the cart that the member has seen; undefined from an old client. */
  readonly version?: string | undefined
}

/** A request to change a session. Times are in ms since the epoch. */
export type SessionCommand =
  /** `shopId` counts if the session has no shop yet. */
  | { readonly type: "start"; readonly newcomer: Newcomer; readonly shopId?: string | undefined }
  | { readonly type: "join"; readonly newcomer: Newcomer }
  /** Somebody shops in the shop, with this basket. */
  | { readonly type: "link"; readonly newcomer: Newcomer; readonly basket: BasketRef }
  | { readonly type: "updateCart"; readonly id: string; readonly content: object }
  | SetReady
  | {
      readonly type: "resume"
      readonly id: string
      readonly resumeHash: string
      readonly cid: string
      readonly at: number
    }
  /** Prepares a session for invitations; `key` signs them if the session has no key yet, or if earlier invitations end. */
  | { readonly type: "invite"; readonly by: string; readonly key: string; readonly replace?: boolean }
  | { readonly type: "leave"; readonly id: string }
  | { readonly type: "kick"; readonly by: string; readonly id: string }
  /** The connection is gone. */
  | { readonly type: "disconnect"; readonly cid: string; readonly at: number }
  /** The connection is silent. */
  | { readonly type: "lose"; readonly cid: string; readonly at: number }
  /** A connection that was silent calls again. */
  | { readonly type: "return"; readonly cid: string; readonly at: number }
  /** `version`: of the cart that the member has seen. Without a `line`, the item becomes the last one. */
  | {
      readonly type: "setItem"
      readonly id: string
      readonly version: string
      readonly item: object
      readonly line?: string | undefined
    }
  | { readonly type: "removeItem"; readonly id: string; readonly version: string; readonly line: string }
  | { readonly type: "disown"; readonly id: string; readonly line: string; readonly disowned: boolean }
  /** `id`: the host, who offers an item for the cart of `to`. */
  | {
      readonly type: "offerItem"
      readonly id: string
      readonly to: string
      readonly item: object
      readonly at: number
    }
  /** `from`: whose line it is. */
  | {
      readonly type: "askForLine"
      readonly id: string
      readonly from: string
      readonly line: string
      readonly at: number
    }
  | { readonly type: "answerOffer"; readonly id: string; readonly offer: string; readonly accept: boolean }
  /** `id`: who asks `to` whether it is ready. */
  | { readonly type: "nudge"; readonly id: string; readonly to: string; readonly at: number }
  | { readonly type: "setIdle"; readonly id: string; readonly idle: boolean; readonly at: number }
  /** Hides these members from old clients, if they are absent. */
  | { readonly type: "hide"; readonly ids: readonly string[] }
  /** Removes these members, if they are absent. */
  | { readonly type: "expire"; readonly ids: readonly string[]; readonly at: number }
  /** `by`: who asks; only the host may. */
  | { readonly type: "lock" | "unlock"; readonly by: string; readonly at: number }
  | { readonly type: "setDeadline"; readonly by: string; readonly deadline: number | undefined; readonly at: number }
  | { readonly type: "setSplit"; readonly by: string; readonly split: Split }
  | { readonly type: "beginCheckout"; readonly id: string; readonly at: number }
  /** `by`: the payer or the host. */
  | { readonly type: "cancelCheckout"; readonly by: string }
  /** `by`: the payer. */
  | { readonly type: "completeCheckout"; readonly by: string; readonly ref: string | undefined; readonly at: number }
  | { readonly type: "shopAgain"; readonly by: string }
  /** Time has passed: see `dueAt`. */
  | { readonly type: "tick"; readonly at: number }
