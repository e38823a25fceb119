import { type DataValue, dataValue, method, model, ResError } from "res-service"
import { z } from "zod"
import { DisplayName } from "../../contract/acknowledgement.ts"
import type { Annotations } from "../../contract/annotations.ts"
import type { Claims } from "../../contract/claims.ts"
import { MAX_DISPLAY_NAME } from "../../contract/limits.ts"
import { isBasketId, isShopId } from "../../contract/publish-event.ts"
import type { Guard } from "../auth/guard.ts"
import { shopQueue } from "./shop-queue.ts"
import type { BasketModel } from "./shop-view.ts"
import type { Shops } from "./shops.ts"
import { shortened } from "./text.ts"

const BASKET = "store.$shop_id.basket.$session_id"

/** `by` counts only where nobody is known by a token. */
const AcknowledgeParams = z.object({ by: z.unknown() }, "expected an object").optional()

export interface BasketSources {
  readonly guard: Guard
  readonly shops: Shops
  /** What others have annotated in the archive, if anything. */
  annotationsOf(shopId: string, sessionId: string): Promise<Annotations | undefined>
  /**
   * Stores that `by` has seen to a basket, and resolves to its sequence when those who watch the basket were told.
   *
   * @throws {ResError} `system.notFound`: there is no such basket · `system.serviceUnavailable`: not known to be stored
   */
  acknowledge(shopId: string, sessionId: string, by: string): Promise<number>
}

/**
 * `store.<shop_id>.basket.<session_id>`: model, what the events of one session have made of its basket. See
 * `basket-projection.ts` for what each action does, and docs/baskets.md.
 *
 * access  get, call `acknowledge`: as the policy says (service/auth/policy.ts)
 * get     { session_id, shopper_id, status: "open" | "checked_out" | "idle", lines: { data: [{ product_id, product_name, UPC,
 *         category_id, quantity, unit_price, line_total }] }, item_count, total (of the lines), basket_total (as last sent),
 *         drift (more was sent than the lines make), events, first_at, last_at, last_action, last_seq, acknowledged_by, acknowledged_at }; and, while others have annotated it
 *         in the archive, `annotations: { data: { ... } }`
 * call    acknowledge({ by }) -> { seq }, `by` = a display name of 1 to 100 characters; who is known by a token is called as the
 *         token says, and `by` is not looked at; the last acknowledgement counts
 * errors  system.notFound: no such basket, or one that was not touched for a day · system.timeout (see `shopQueue`) ·
 *         acknowledge: system.invalidParams, system.accessDenied, auth.invalidToken, system.serviceUnavailable
 * events  change, at most ten times a second · delete, when the shop has more baskets than are kept
 * source  design.md, "RES resources"
 */
export function basket({ guard, shops, annotationsOf, acknowledge }: BasketSources) {
  return model<typeof BASKET, BasketModel & { readonly annotations?: DataValue<Annotations> }, unknown>(BASKET, {
    owns: ({ shop_id, session_id }) => isShopId(shop_id) && isBasketId(session_id),
    ...shopQueue,
    checkCalls: true,
    access: guard.access(BASKET),
    get: async (req) => {
      const { shop_id, session_id } = req.parts
      // First, so that nothing is told between the basket's answer and the end of this.
      const annotations = await annotationsOf(shop_id, session_id)
      const found = await shops.basket(shop_id, session_id)
      if (found === undefined) throw new ResError("system.notFound")
      return annotations === undefined ? found : { ...found, annotations: dataValue(annotations) }
    },
    call: {
      // Beside the queue: the basket goes on while the log is written.
      acknowledge: method(
        AcknowledgeParams,
        async (req, params) => {
          const claims = await guard.check(BASKET, "acknowledge", req)
          const by = claims === undefined ? checkedName(params?.by) : nameOf(claims)
          return { seq: await acknowledge(req.parts.shop_id, req.parts.session_id, by) }
        },
        { mode: "free" },
      ),
    },
  })
}

/** The name in the token if it can be shown, else the user's ID. */
function nameOf({ name = "", user }: Claims): string {
  const shown = DisplayName.safeParse(shortened(name.trim(), MAX_DISPLAY_NAME))
  return shown.success ? shown.data : checkedName(shortened(user, MAX_DISPLAY_NAME))
}

function checkedName(by: unknown): string {
  const parsed = DisplayName.safeParse(by)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ message }) => ({ path: ["by"], message }))
  throw new ResError("system.invalidParams", undefined, { errors })
}
