import { type CallRequest, dataValue, handle, ResError } from "res-service"
import type { Annotations } from "../../contract/annotations.ts"
import type { BasketTask, BasketWork } from "../../contract/basket-work.ts"
import { basket } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import { checkedName, nameOf } from "./display-name.ts"
import { shopQueue } from "./shop-queue.ts"
import type { Shops } from "./shops.ts"

export interface BasketSources {
  readonly guard: Guard
  readonly shops: Shops
  /** The annotations that other programs have made in the archive, if any. */
  annotationsOf(shopId: string, sessionId: string): Promise<Annotations | undefined>
  /**
   * Stores what the staff did with a basket. Resolves to the sequence when the basket's watchers were sent the change.
   *
   * @throws {ResError} `system.notFound`: no such basket · `system.serviceUnavailable`: not known to be stored
   */
  tend(shopId: string, work: BasketWork): Promise<number>
}

type BasketCall = CallRequest<typeof basket.pattern.source, unknown>

/** Serves `basket`. See `projections/basket.ts` for what each action does; access as the policy says. */
export function basketResource({ guard, shops, annotationsOf, tend }: BasketSources) {
  const handlerOf = (task: BasketTask) => ({
    // Outside the queue: the basket can change while the log is written.
    mode: "free" as const,
    handle: async (req: BasketCall, params: { readonly by: unknown } | undefined) => {
      const claims = await guard.check(basket, task, req)
      const by = claims === undefined ? checkedName(params?.by) : nameOf(claims)
      const { shop_id, session_id } = req.parts
      return { seq: await tend(shop_id, { session_id, by, task }) }
    },
  })
  return handle(basket, {
    ...shopQueue,
    checkCalls: true,
    access: guard.access(basket),
    get: async (req) => {
      const { shop_id, session_id } = req.parts
      // Read first, so that no event of the basket is sent between reading the basket and this answer.
      const annotations = await annotationsOf(shop_id, session_id)
      const found = await shops.basket(shop_id, session_id, (waitMs) => req.extendTimeout(waitMs))
      if (found === undefined) throw new ResError("system.notFound")
      return annotations === undefined ? found : { ...found, annotations: dataValue(annotations) }
    },
    call: {
      acknowledge: handlerOf("acknowledge"),
      release: handlerOf("release"),
      complete: handlerOf("complete"),
      reopen: handlerOf("reopen"),
    },
  })
}
