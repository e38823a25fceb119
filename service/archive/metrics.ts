import { LAG_BUCKETS, type Metrics, type MetricTable } from "../../observe/metrics.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { RunningArchiver } from "./archiver.ts"

/** The metrics of an archiver. */
export const archiverTable = {
  shopwire_archived_total: {
    type: "counter",
    help: "Events that were archived, or were in the archive already.",
  },
  shopwire_archive_lag_seconds: {
    type: "histogram",
    help: "Time from storing an event in the log to storing it in the archive.",
    buckets: LAG_BUCKETS,
  },
  shopwire_dead_letters_total: {
    type: "counter",
    help: "Events and baskets that MongoDB refuses for good; they are in the stream ARCHIVE_DEAD.",
  },
  shopwire_set_aside_total: {
    type: "counter",
    help: "Messages of other programs on the log that are not valid events, and are not archived.",
  },
  shopwire_archive_failing_seconds: {
    type: "gauge",
    help: "For how long MongoDB has taken nothing; 0 while it takes writes.",
  },
} as const satisfies MetricTable

/** Counts what an archiver does. Returns what takes the archiver when there is one. */
export function countArchiver(metrics: Metrics): (archiver: Pick<RunningArchiver, "counts" | "failingSince">) => void {
  const made = metrics.make(archiverTable)
  occurrences.archived.on(({ storedAt, to }) => made.shopwire_archive_lag_seconds.observe({}, (to - storedAt) / 1000))
  return (archiver) => {
    metrics.beforeScrape(() => {
      const { counts, failingSince } = archiver
      made.shopwire_archived_total.set({}, counts.archived)
      made.shopwire_dead_letters_total.set({}, counts.refused)
      made.shopwire_set_aside_total.set({}, counts.setAside)
      made.shopwire_archive_failing_seconds.set({}, failingSince === undefined ? 0 : (Date.now() - failingSince) / 1000)
    })
  }
}
