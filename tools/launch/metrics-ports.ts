import type { Settings } from "../../config/settings.ts"

/** The processes of `npm start` that show metrics, in the order of their ports. */
const PROCESSES = ["edge", "service", "archiver", "gateway"] as const

export type MeteredProcess = (typeof PROCESSES)[number]

/** A process's port for its metrics: METRICS_PORT or one of the next ones. Undefined: METRICS_PORT is not set. */
export function metricsPort({ METRICS_PORT }: Settings<"METRICS_PORT">, process: MeteredProcess): number | undefined {
  return METRICS_PORT === undefined ? undefined : METRICS_PORT + PROCESSES.indexOf(process)
}

/** The environment of a process that shows its metrics at a port. */
export function metricsEnv(port: number | undefined): NodeJS.ProcessEnv {
  return { METRICS_PORT: port === undefined ? "" : String(port) }
}
