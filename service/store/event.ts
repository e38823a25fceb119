import { dataValue, handle, ResError } from "res-service"
import type { Annotations } from "../../contract/annotations.ts"
import { event } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import type { History } from "./history.ts"

export interface EventSources {
  readonly guard: Guard
  readonly history: Pick<History, "at">
  /** The annotations that other programs have made, if any. */
  annotationsOf(shopId: string, seq: number): Promise<Annotations | undefined>
}

/** Serves `event`; access as the policy says. */
export function eventResource({ guard, history, annotationsOf }: EventSources) {
  return handle(event, {
    mode: { access: "free", get: "shared" },
    anywhere: ["access"],
    access: guard.access(event),
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
