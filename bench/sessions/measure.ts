import type { Figure, Values } from "../figures/figures.ts"
import { inTurns, type MeasureOptions, orMissing } from "../figures/measure.ts"
import { type LoadProcess, startLoadProcess } from "../load/load-process.ts"
import type { LoadOrder, LoadResult } from "../load/sessions.ts"
import { countCpu, memoryMiB, type Processes, startProcesses } from "../processes.ts"
import { summarize } from "../stats.ts"
import { type SessionsShape, sessionsName, sessionsShapes } from "./shapes.ts"

const WARM_UP_SECONDS = 2

/** Shared carts, through the old storefronts' WebSocket. Each shape has a product of its own, so that its memory can be told. */
export async function measureSessions(
  options: MeasureOptions,
  shapes: readonly SessionsShape[] = sessionsShapes,
): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const shape of shapes) {
    const name = `${shape.sessions} sessions x ${shape.members}`
    figures.push(...(await orMissing(name, options, () => measureShape(shape, options))))
  }
  return figures
}

async function measureShape(shape: SessionsShape, options: MeasureOptions): Promise<Figure[]> {
  const product = await startProcesses({ env: { LEGACY_MAX_SOCKETS_PER_ADDRESS: "10000" } })
  const idle = residentMiB(product)
  const args = [product.edgeUrl, `${shape.sessions}`, `${shape.members}`, `${shape.cartBytes}`]
  const load = await startLoadProcess<LoadOrder, LoadResult>("sessions.ts", args)
  try {
    for (const run of shape.runs) await load.run({ run, seconds: WARM_UP_SECONDS })
    const measurements = shape.runs.map((run) => ({
      name: sessionsName(shape.sessions, shape.members, run),
      system: "shopwire",
      measure: async (seconds: number) => ({
        ...(await measure(product, load, { run, seconds })),
        ...perSession(residentMiB(product), idle, shape.sessions),
      }),
    }))
    return await inTurns(measurements, options)
  } finally {
    await load.stop()
    await product.stop()
  }
}

async function measure(
  product: Processes,
  load: LoadProcess<LoadOrder, LoadResult>,
  order: LoadOrder,
): Promise<Values> {
  const { service, edge, nats } = product.pids
  const used = countCpu({ service, edge, nats })
  const result = await load.run(order)
  const cpu = Object.entries(used()).map(([name, seconds]) => [
    `${name}CpuPerSecond`,
    rounded(seconds / result.seconds),
  ])
  const { p50, p99, max } = summarize(result.delaysMs)
  return {
    updatesPerSecond: Math.round(result.updates / result.seconds),
    perSecond: Math.round(result.deliveries / result.seconds),
    mibPerSecond: rounded(result.deliveredBytes / result.seconds / 2 ** 20),
    updateBytes: result.frameBytes,
    p50Ms: p50,
    p99Ms: p99,
    maxMs: max,
    ...Object.fromEntries(cpu),
    loadCpuPerSecond: rounded(result.cpuSeconds / result.seconds),
  }
}

interface Resident {
  readonly service: number
  readonly edge: number
}

function residentMiB({ pids }: Processes): Resident {
  return { service: memoryMiB(pids.service).now, edge: memoryMiB(pids.edge).now }
}

function perSession(now: Resident, idle: Resident, sessions: number): Values {
  return {
    serviceMiB: now.service,
    edgeMiB: now.edge,
    serviceKibPerSession: rounded(((now.service - idle.service) * 1024) / sessions),
    edgeKibPerSession: rounded(((now.edge - idle.edge) * 1024) / sessions),
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
