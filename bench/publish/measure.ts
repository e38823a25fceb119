import { MissingProgram } from "../../tools/programs/missing-program.ts"
import type { Figure, Values } from "../figures/figures.ts"
import { inTurns, type MeasureOptions } from "../figures/measure.ts"
import { type LoadProcess, startLoadProcess } from "../load/load-process.ts"
import type { Outcome, Plan } from "../load/plan.ts"
import { requestValues } from "../load/values.ts"
import { countCpu } from "../processes.ts"
import { type StoreOptions, type System, type SystemName, systems } from "../references/systems.ts"
import { type PublishFigure, publishFigures } from "./loads.ts"

/** Node compiles what runs often only bit by bit: a system that has just started takes up to 1.5 times as much for a request. */
const WARM_UP = { connections: 64, events: 1, seconds: 6 }

/** Each load on each of its systems. */
export async function measurePublish(
  options: MeasureOptions,
  figures: readonly PublishFigure[] = publishFigures,
  store: StoreOptions = {},
): Promise<Figure[]> {
  const load = await startLoadProcess<Plan, Outcome>("requests.ts")
  const started = await startSystems(new Set(figures.flatMap((figure) => figure.systems)), store, options)
  try {
    for (const { door, url } of started.values()) {
      await load.run({ door, url, ...WARM_UP })
    }
    const measurements = figures.flatMap((figure) =>
      figure.systems.flatMap((name) => {
        const system = started.get(name)
        if (system === undefined) return []
        return [
          { name: figure.name, system: name, measure: (seconds: number) => measure(load, system, figure, seconds) },
        ]
      }),
    )
    return await inTurns(measurements, options)
  } finally {
    await load.stop()
    for (const system of started.values()) await system.stop()
  }
}

async function startSystems(
  names: ReadonlySet<SystemName>,
  store: StoreOptions,
  { onMissing }: MeasureOptions,
): Promise<Map<SystemName, System>> {
  const started = new Map<SystemName, System>()
  for (const name of names) {
    try {
      started.set(name, await systems[name](store))
    } catch (error) {
      if (!(error instanceof MissingProgram)) throw error
      onMissing(`${name}: ${error.message}`)
    }
  }
  return started
}

async function measure(
  load: LoadProcess<Plan, Outcome>,
  { door, url, pids }: System,
  { connections, events, repeatable }: PublishFigure,
  seconds: number,
): Promise<Values> {
  const cpu = countCpu(pids)
  const plan = { door, url, connections, events, seconds }
  const outcome = await load.run(repeatable === undefined ? plan : { ...plan, repeatable })
  return requestValues(outcome, events, cpu())
}
