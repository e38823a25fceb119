import { randomUUID } from "node:crypto"
import { baskets, feed, stats } from "../../contract/store.ts"
import type { Figure, Values } from "../figures/figures.ts"
import { inTurns, type MeasureOptions } from "../figures/measure.ts"
import { startLoadProcess } from "../load/load-process.ts"
import type { Outcome, Plan } from "../load/plan.ts"
import { requestValues } from "../load/values.ts"
import type { Watched } from "../load/watchers.ts"
import { countCpu, startProcesses, UNLIMITED } from "../processes.ts"
import { SCREENS, UNWATCHED, WATCHED } from "./names.ts"

const WARM_UP_SECONDS = 2

/** POSTs to a shop that nobody watches, and to one that many screens watch. */
export async function measureWatched(options: MeasureOptions): Promise<Figure[]> {
  const product = await startProcesses({ embedded: true, env: UNLIMITED })
  const load = await startLoadProcess<Plan, Outcome>("requests.ts")
  const shop_id = randomUUID()
  const rids = [feed, baskets, stats].map((resource) => resource.name({ shop_id }))
  const watchers = await startLoadProcess<"quiet", Watched>("watchers.ts", [
    product.gatewayWsUrl,
    `${SCREENS}`,
    ...rids,
  ])
  const { edge, service, nats, gateway } = product.pids

  const measure = async (shopId: string, seconds: number): Promise<Values> => {
    const cpu = countCpu({ edge, service, nats, gateway })
    const plan = { door: "http", url: product.edgeUrl, connections: 16, events: 1 } as const
    const outcome = await load.run({ ...plan, shopIds: [shopId], seconds })
    // What is not shown yet costs its share too.
    await watchers.run("quiet")
    return requestValues(outcome, 1, cpu())
  }

  try {
    await measure(shop_id, WARM_UP_SECONDS)
    const measurements = [
      { name: UNWATCHED, system: "shopwire", measure: (seconds: number) => measure(randomUUID(), seconds) },
      { name: WATCHED, system: "shopwire", measure: (seconds: number) => measure(shop_id, seconds) },
    ]
    return await inTurns(measurements, options)
  } finally {
    await watchers.stop()
    await load.stop()
    await product.stop()
  }
}
