import type { Metrics, MetricTable } from "./metrics.ts"
import { occurrences } from "./occurrences.ts"

/** The metrics of each process of ours, besides those of `prom-client` for Node: `process_*`, `nodejs_*`. */
export const processTable = {
  shopwire_nats_connected: {
    type: "gauge",
    help: "1 while the process is connected to NATS, else 0.",
  },
  shopwire_nats_connects_total: {
    type: "counter",
    help: "Connections to NATS that were made, the first one too: more than one are reconnects, or new terms of a service.",
  },
  shopwire_nats_disconnects_total: {
    type: "counter",
    help: "Connections to NATS that were lost.",
  },
} as const satisfies MetricTable

/** Counts what every process does. */
export function countProcess(metrics: Metrics): void {
  const made = metrics.make(processTable)
  made.shopwire_nats_connected.set({}, 0)
  occurrences.nats.on((state) => {
    made.shopwire_nats_connected.set({}, state === "connected" ? 1 : 0)
    if (state === "connected") made.shopwire_nats_connects_total.inc({})
    else made.shopwire_nats_disconnects_total.inc({})
  })
}
