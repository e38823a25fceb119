import { randomUUID } from "node:crypto"
import { Agent } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { feed } from "../../contract/store.ts"
import { publishEvent } from "../../test/helpers/events.ts"
import { type ClientCollection, resClient } from "../../test/helpers/res-client.ts"
import { until } from "../../test/helpers/until.ts"
import type { Figure, Values } from "../figures/figures.ts"
import { inTurns, type MeasureOptions } from "../figures/measure.ts"
import { startLoadProcess } from "../load/load-process.ts"
import { send } from "../load/send.ts"
import type { Watched } from "../load/watchers.ts"
import { startProcesses } from "../processes.ts"
import { summarize } from "../stats.ts"
import { SCREENS, SHOWN, SHOWN_PER_SECOND } from "./names.ts"

const WARM_UP_SECONDS = 2

/** From the start of each POST, at a steady rate, to the add event of a resclient; all other screens are raw WebSockets. */
export async function measureShown(options: MeasureOptions): Promise<Figure[]> {
  const product = await startProcesses({ embedded: true })
  const shop_id = randomUUID()
  const rid = feed.name({ shop_id })
  const others = await startLoadProcess<"quiet", Watched>("watchers.ts", [product.gatewayWsUrl, `${SCREENS - 1}`, rid])
  const client = resClient(product.gatewayWsUrl)
  const agent = new Agent({ keepAlive: true })
  /** When each POST began, by its `action_id`. */
  const begun = new Map<number, number>()
  let timings: number[] = []
  let next = 1

  const shown = await client.get<ClientCollection<ShownEvent>>(rid)
  shown.on("add", ({ item }) => {
    timings.push(performance.now() - (begun.get(item.action_id) ?? Number.NaN))
    begun.delete(item.action_id)
  })

  const run = async (seconds: number): Promise<Values> => {
    timings = []
    const start = performance.now()
    const posts: Promise<void>[] = []
    for (let i = 0; i < seconds * SHOWN_PER_SECOND; i++) {
      const at = start + (i * 1000) / SHOWN_PER_SECOND
      const wait = at - performance.now()
      if (wait > 0) await sleep(wait)
      const action_id = next++
      begun.set(action_id, performance.now())
      posts.push(
        send(
          agent,
          "POST",
          `${product.edgeUrl}/publish/${shop_id}`,
          JSON.stringify(publishEvent({ shop_id, action_id })),
        ),
      )
    }
    await Promise.all(posts)
    await until("all events to be shown", () => begun.size === 0)
    const { p50, p99, max } = summarize(timings)
    return { p50Ms: p50, p99Ms: p99, maxMs: max }
  }

  try {
    await run(WARM_UP_SECONDS)
    return await inTurns([{ name: SHOWN, system: "shopwire", measure: run }], options)
  } finally {
    client.disconnect()
    agent.destroy()
    await others.stop()
    await product.stop()
  }
}
