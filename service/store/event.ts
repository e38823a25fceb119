import { model, ResError } from "res-service"
import type { Guard } from "../auth/guard.ts"
import type { LogReader } from "../log/reader.ts"
import { isShopId, type ShownEvent } from "../schemas/publish-event.ts"

const EVENT = "store.$shop_id.event.$seq"

/**
 * `store.<shop_id>.event.<seq>`: model, one event of that shop.
 *
 * access  get: as the policy says (service/auth/policy.ts)
 * get     a ShownEvent: { action: "ADD", ..., seq: 7, received_at: "2026-..." }
 * errors  system.notFound: no such event, or another shop's
 * events  none
 */
export function event(guard: Guard, reader: LogReader) {
  return model<typeof EVENT, ShownEvent>(EVENT, {
    owns: ({ shop_id, seq }) => isShopId(shop_id) && /^[1-9]\d{0,14}$/.test(seq),
    mode: { access: "free", get: "shared" },
    access: guard.access(EVENT),
    get: async (req) => {
      const entry = await reader.at(req.parts.shop_id, Number(req.parts.seq))
      if (entry === undefined) throw new ResError("system.notFound")
      return entry.event
    },
  })
}
