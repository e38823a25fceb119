import { type DataValue, dataValue, model, ResError } from "res-service"
import type { Annotations } from "../../contract/annotations.ts"
import { isShopId, type ShownEvent } from "../../contract/publish-event.ts"
import type { Guard } from "../auth/guard.ts"
import type { History } from "./history.ts"

const EVENT = "store.$shop_id.event.$seq"

export interface EventSources {
  readonly guard: Guard
  readonly history: Pick<History, "at">
  /** What others have annotated, if anything. */
  annotationsOf(shopId: string, seq: number): Promise<Annotations | undefined>
}

/**
 * `store.<shop_id>.event.<seq>`: model, one event of that shop.
 *
 * access  get: as the policy says (service/auth/policy.ts)
 * get     a ShownEvent: { action: "ADD", ..., seq: 7, received_at: "2026-..." }; and, while others have annotated it in
 *         the archive, `annotations: { data: { ... } }`
 * errors  system.notFound: no such event, or another shop's
 * events  change { annotations }
 */
export function event({ guard, history, annotationsOf }: EventSources) {
  return model<typeof EVENT, ShownEvent & { readonly annotations?: DataValue<Annotations> }>(EVENT, {
    owns: ({ shop_id, seq }) => isShopId(shop_id) && /^[1-9]\d{0,14}$/.test(seq),
    mode: { access: "free", get: "shared" },
    access: guard.access(EVENT),
    get: async (req) => {
      const { shop_id } = req.parts
      const seq = Number(req.parts.seq)
      const entry = await history.at(shop_id, seq)
      if (entry === undefined) throw new ResError("system.notFound")
      const annotations = await annotationsOf(shop_id, seq)
      return annotations === undefined ? entry.event : { ...entry.event, annotations: dataValue(annotations) }
    },
  })
}
