import type { Logger } from "res-service"
import { Metrics } from "./metrics.ts"
import { type MetricsAddress, serveMetrics } from "./metrics-server.ts"
import { countProcess } from "./process-metrics.ts"

/**
 * Shows the metrics of this process at an address, if there is one.
 *
 * @param count makes the metrics of this kind of process
 * @returns what `count` returns; undefined: there is no address, and nothing is loaded or counted
 */
export async function openMetrics<T>(
  address: MetricsAddress | undefined,
  logger: Logger,
  count: (metrics: Metrics) => T,
): Promise<T | undefined> {
  if (address === undefined) return undefined
  const metrics = await Metrics.open()
  countProcess(metrics)
  const counted = count(metrics)
  await serveMetrics(metrics, address, logger)
  return counted
}
