import { loadavg } from "node:os"
import type { Figure, Values } from "../figures/figures.ts"
import { type LoadProcess, startLoadProcess } from "../load/load-process.ts"
import { cpuSeconds } from "../processes.ts"
import { MissingProgram } from "../references/missing-program.ts"
import { type StoreOptions, type System, type SystemName, systems } from "../references/systems.ts"
import { type PublishFigure, publishFigures } from "./loads.ts"

export interface PublishOptions {
  /** Of each load on each system, in each round. */
  readonly seconds: number
  readonly rounds: number
  /** Default: all. */
  readonly figures?: readonly PublishFigure[]
  readonly store?: StoreOptions
  readonly progress: (line: string) => void
}

const WARM_UP_SECONDS = 2

/** Measures each load on each of its systems once a round, so that what else the machine does in the meantime meets all of them. */
export async function measurePublish(options: PublishOptions): Promise<Figure[]> {
  const { seconds, rounds, figures = publishFigures, store = {}, progress } = options
  const load = await startLoadProcess()
  const started = await startSystems(new Set(figures.flatMap((figure) => figure.systems)), store, progress)
  try {
    const runs = figures.flatMap((figure) =>
      figure.systems.flatMap((name) => {
        const system = started.get(name)
        return system === undefined ? [] : [{ figure, name, system, values: [] as Values[] }]
      }),
    )
    for (const { door, url } of started.values()) {
      await load.run({ door, url, connections: 16, events: 1, keyed: false, seconds: WARM_UP_SECONDS })
    }
    for (let round = 1; round <= rounds; round++) {
      for (const { figure, name, system, values } of runs) {
        const measured = await measure(load, system, figure, seconds)
        values.push(measured)
        progress(`round ${round} of ${rounds}: ${figure.name}: ${name}: ${JSON.stringify(measured)}`)
      }
    }
    return runs.map(({ figure, name, values }) => ({ name: figure.name, system: name, rounds: values }))
  } finally {
    await load.stop()
    for (const system of started.values()) await system.stop()
  }
}

async function startSystems(
  names: ReadonlySet<SystemName>,
  store: StoreOptions,
  progress: (line: string) => void,
): Promise<Map<SystemName, System>> {
  const started = new Map<SystemName, System>()
  for (const name of names) {
    try {
      started.set(name, await systems[name](store))
    } catch (error) {
      if (!(error instanceof MissingProgram)) throw error
      progress(`skipped ${name}: ${error.message}`)
    }
  }
  return started
}

async function measure(load: LoadProcess, system: System, figure: PublishFigure, seconds: number): Promise<Values> {
  const { door, url, pids } = system
  const { connections, events, keyed } = figure
  const cpu = () => Object.values(pids).map(cpuSeconds)
  const before = cpu()
  const { answers, elapsedMs, p50Ms, p99Ms } = await load.run({ door, url, connections, events, keyed, seconds })
  const micros = cpu().map((now, i) => ((now - (before[i] ?? 0)) * 1e6) / answers)
  return {
    perSecond: Math.round((answers * events * 1000) / elapsedMs),
    p50Ms,
    p99Ms,
    cpuMicros: Math.round(micros.reduce((sum, each) => sum + each, 0)),
    ...Object.fromEntries(Object.keys(pids).map((name, i) => [`${name}CpuMicros`, Math.round(micros[i] ?? 0)])),
    loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  }
}
