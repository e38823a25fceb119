import type { Settings } from "./settings.ts"

/** The processes that show metrics, in the order of their ports with `npm start`. */
export const meteredProcesses = ["edge", "service", "archiver", "gateway"] as const

export type MeteredProcess = (typeof meteredProcesses)[number]

/** A process's port for its metrics: METRICS_PORT or one of the next ones. Undefined: METRICS_PORT is not set. */
export function metricsPort({ METRICS_PORT }: Settings<"METRICS_PORT">, process: MeteredProcess): number | undefined {
  return METRICS_PORT === undefined ? undefined : METRICS_PORT + meteredProcesses.indexOf(process)
}

/** The environment of a process that shows its metrics at a port. */
export function metricsEnv(port: number | undefined): NodeJS.ProcessEnv {
  return { METRICS_PORT: port === undefined ? "" : String(port) }
}
