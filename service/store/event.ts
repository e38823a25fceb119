import { model, ResError } from "res-service"
import type { LogReader } from "../log/reader.ts"
import { isShopId, type ShownEvent } from "../schemas/publish-event.ts"

/**
 * `store.<shop_id>.event.<seq>`: model, one event of that shop.
 *
 * access  get for everyone (`AUTH=none`)
 * get     a ShownEvent: { action: "ADD", ..., seq: 7, received_at: "2026-..." }
 * errors  system.notFound: no such event, or another shop's
 * events  none
 */
export function event(reader: LogReader) {
  return model<"store.$shop_id.event.$seq", ShownEvent>("store.$shop_id.event.$seq", {
    owns: ({ shop_id, seq }) => isShopId(shop_id) && /^[1-9]\d{0,14}$/.test(seq),
    mode: { access: "free", get: "shared" },
    access: () => ({ get: true }),
    get: async (req) => {
      const entry = await reader.at(req.parts.shop_id, Number(req.parts.seq))
      if (entry === undefined) throw new ResError("system.notFound")
      return entry.event
    },
  })
}
