import type { Figure, Values } from "../figures/figures.ts"
import { inTurns, type Measurement, type MeasureOptions } from "../figures/measure.ts"
import { type LoadProcess, startLoadProcess } from "../load/load-process.ts"
import type { Outcome, Plan } from "../load/plan.ts"
import { requestValues } from "../load/values.ts"
import { countCpu, memoryMiB, startProcesses, UNLIMITED } from "../processes.ts"
import type { PreparedGrowth } from "./growths.ts"
import { sizeName } from "./ratios.ts"

const WARM_UP_SECONDS = 2

interface Running extends Measurement {
  stop(): Promise<void>
}

/** A product of the small and one of the large size run at the same time. */
export async function measureGrowth(growths: readonly PreparedGrowth[], options: MeasureOptions): Promise<Figure[]> {
  const load = await startLoadProcess<Plan, Outcome>("requests.ts")
  const figures: Figure[] = []
  for (const growth of growths) {
    const running: Running[] = []
    try {
      for (const size of [growth.small, growth.large]) running.push(await start(growth, size, load))
      figures.push(...(await inTurns(running, options)))
    } finally {
      for (const each of running) await each.stop()
    }
  }
  await load.stop()
  return figures
}

async function start(growth: PreparedGrowth, size: number, load: LoadProcess<Plan, Outcome>): Promise<Running> {
  const product = await startProcesses({ embedded: true, env: UNLIMITED })
  const prepared = await growth.prepare(product, size)
  const { edge, service, nats, gateway } = product.pids
  const pids = { edge, service, nats, gateway }
  const measure = async (seconds: number): Promise<Values> => {
    const plan = { door: "http", url: product.edgeUrl, connections: 16, events: 1 } as const
    const { shopIds } = prepared
    const cpu = countCpu(pids)
    const outcome = await load.run({ ...plan, ...(shopIds && { shopIds }), seconds })
    await prepared.settled()
    const memory = Object.entries(pids).map(([name, pid]) => [`${name}MiB`, memoryMiB(pid).now])
    return { ...requestValues(outcome, 1, cpu()), ...Object.fromEntries(memory) }
  }
  await measure(WARM_UP_SECONDS)
  return {
    name: growth.name,
    system: sizeName(size),
    measure,
    stop: async () => {
      await prepared.stop()
      await product.stop()
    },
  }
}
