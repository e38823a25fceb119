import { ShopId } from "./publish-event.ts"
import { Introduction } from "./session-calls.ts"

/** Params of `start`: `shop_id` is the shop whose currency counts. */
export const Start = Introduction.extend({ shop_id: ShopId.optional() })
