import { SettingError, type Settings } from "./settings.ts"

/** The processes that show metrics, in the order of their ports with `npm start`. */
export const meteredProcesses = ["edge", "service", "archiver", "gateway"] as const

export type MeteredProcess = (typeof meteredProcesses)[number]

const LAST_PORT = 65_535

/**
 * A process's port for its metrics: METRICS_PORT or one of the next ones. Undefined: METRICS_PORT is not set.
 *
 * @throws {SettingError} there is no such port
 */
export function metricsPort({ METRICS_PORT }: Settings<"METRICS_PORT">, process: MeteredProcess): number | undefined {
  if (METRICS_PORT === undefined) return undefined
  const greatest = LAST_PORT - (meteredProcesses.length - 1)
  if (METRICS_PORT > greatest)
    throw new SettingError(`METRICS_PORT="${METRICS_PORT}": expected at most ${greatest}: the next ports are used, too`)
  return METRICS_PORT + meteredProcesses.indexOf(process)
}

/** The environment of a process that shows its metrics at a port. */
export function metricsEnv(port: number | undefined): NodeJS.ProcessEnv {
  return { METRICS_PORT: port === undefined ? "" : String(port) }
}
