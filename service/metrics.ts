import type { ObservedRequest, ServiceObserver } from "res-service"
import { CopyKind } from "../contract/digest.ts"
import { serviceErrors } from "../contract/errors.ts"
import { feed } from "../contract/store.ts"
import { LAG_BUCKETS, type Metrics, type MetricTable, REQUEST_BUCKETS } from "../observe/metrics.ts"
import { occurrences, refusalLimits } from "../observe/occurrences.ts"
import { SHARDS } from "./shards.ts"

/** How a publish ended. */
const publishOutcomes = ["stored", "refused", "unavailable", "failed"] as const
type PublishOutcome = (typeof publishOutcomes)[number]

const loadedKinds = ["feed", "shop", "session"] as const

/** Any code that is not in the contract. */
const OTHER = "other"

/** What `code` is for an answer without an error. */
const OK = "ok"

/** The metrics of a service process. */
export const serviceTable = {
  shopwire_publishes_total: {
    type: "counter",
    help: "Answered publishes, of one or more events, through all doors.",
    labels: { outcome: publishOutcomes },
  },
  shopwire_publish_seconds: {
    type: "histogram",
    help: "Time from the arrival of a publish to its answer.",
    buckets: REQUEST_BUCKETS,
  },
  shopwire_publishes_repeated_total: {
    type: "counter",
    help: "Publishes that were stored before, and were answered as the first time.",
    labels: { by: ["idempotency_key", "producer"] },
  },
  shopwire_event_shown_seconds: {
    type: "histogram",
    help: "Time from storing an event to sending it to the watchers of its feed.",
    buckets: REQUEST_BUCKETS,
  },
  shopwire_log_lag_seconds: {
    type: "histogram",
    help: "Time from storing a record of the log to its arrival at a process that follows it; up to 20 ms more while nobody looks at a shop there.",
    buckets: LAG_BUCKETS,
  },
  shopwire_set_aside_total: {
    type: "counter",
    help: "Messages of other programs on the log that are not valid, and are not shown.",
  },
  shopwire_loaded: {
    type: "gauge",
    help: "Feeds, shops (baskets and figures) and sessions in memory.",
    labels: { kind: loadedKinds },
  },
  shopwire_loaded_bytes: {
    type: "gauge",
    help: "About how many bytes these take as JSON. The memory is three to four times that.",
    labels: { kind: loadedKinds },
  },
  shopwire_shards: {
    type: "gauge",
    help: `Of the ${SHARDS} shards, those whose requests this process answers; 0: it is on standby.`,
  },
  shopwire_resets_total: {
    type: "counter",
    help: "Resets sent. Each makes gateways get up to 500 resources again.",
  },
  shopwire_res_requests_total: {
    type: "counter",
    help: "Answered RES requests.",
    labels: {
      resource: "the pattern of a resource, such as `store.$shop_id.feed`; `other`: no such resource",
      type: ["access", "get", "call", "auth"],
      method: "a method of the resource; empty for access and get; `other`: no such method",
      code: "`ok`, an error code of docs/errors.md, or `other`",
    },
  },
  shopwire_res_request_seconds: {
    type: "histogram",
    help: "Time from the arrival of a RES request to its answer.",
    labels: { resource: "as above", type: ["access", "get", "call", "auth"], method: "as above" },
    buckets: REQUEST_BUCKETS,
  },
  shopwire_refused_total: {
    type: "counter",
    help: "Calls refused because of a rate.",
    labels: { limit: refusalLimits },
  },
  shopwire_digest_reports_total: {
    type: "counter",
    help: "Reports of clients that showed something else than the service. Each is a fault.",
    labels: { what: CopyKind.options },
  },
} as const satisfies MetricTable

/** How much a service has loaded, by kind. */
export type Loaded = Readonly<Record<(typeof loadedKinds)[number], { readonly count: number; readonly bytes: number }>>

/** What is read from a service before each scrape. */
export interface ReadService {
  readonly loaded: Loaded
  readonly setAside: number
  readonly shards: readonly number[]
}

/** Counts what a service process does. Give it the service with `read` when there is one. */
export interface ServiceMetrics {
  readonly observer: ServiceObserver
  read(service: ReadService): void
}

export function countService(metrics: Metrics): ServiceMetrics {
  const made = metrics.make(serviceTable)
  occurrences.repeatedPublish.on((by) => made.shopwire_publishes_repeated_total.inc({ by }))
  occurrences.shown.on(({ storedAt, to }) => made.shopwire_event_shown_seconds.observe({}, (to - storedAt) / 1000))
  occurrences.logRecord.on((ms) => made.shopwire_log_lag_seconds.observe({}, ms / 1000))
  occurrences.reset.on(() => made.shopwire_resets_total.inc({}))
  occurrences.refused.on((limit) => made.shopwire_refused_total.inc({ limit }))
  occurrences.digestReport.on((what) => made.shopwire_digest_reports_total.inc({ what }))
  for (const outcome of publishOutcomes) made.shopwire_publishes_total.inc({ outcome }, 0)
  for (const what of CopyKind.options) made.shopwire_digest_reports_total.inc({ what }, 0)

  const end = ({ type, pattern, method }: ObservedRequest, code: string | undefined, seconds: number): void => {
    const resource = pattern ?? OTHER
    const called = method ?? (isMethodless(type) ? "" : OTHER)
    // Written out twice, because a spread would take a microsecond of each request.
    made.shopwire_res_requests_total.inc({ resource, type, method: called, code: codeLabel(code) })
    made.shopwire_res_request_seconds.observe({ resource, type, method: called }, seconds)
    if (pattern !== feed.pattern.source || method !== "publish") return
    made.shopwire_publishes_total.inc({ outcome: outcomeOf(code) })
    made.shopwire_publish_seconds.observe({}, seconds)
  }
  return {
    observer: {
      onRequest: (request) => {
        const startedAt = performance.now()
        return { end: (code) => end(request, code, (performance.now() - startedAt) / 1000) }
      },
    },
    read: (service) => {
      metrics.beforeScrape(() => {
        made.shopwire_shards.set({}, service.shards.length)
        made.shopwire_set_aside_total.set({}, service.setAside)
        const { loaded } = service
        for (const kind of loadedKinds) {
          made.shopwire_loaded.set({ kind }, loaded[kind].count)
          made.shopwire_loaded_bytes.set({ kind }, loaded[kind].bytes)
        }
      })
    },
  }
}

function isMethodless(type: ObservedRequest["type"]): boolean {
  return type === "access" || type === "get"
}

/** The label for an answer's code, from a closed set. */
function codeLabel(code: string | undefined): string {
  if (code === undefined) return OK
  return code.startsWith("system.") || Object.hasOwn(serviceErrors, code) ? code : OTHER
}

function outcomeOf(code: string | undefined): PublishOutcome {
  if (code === undefined) return "stored"
  if (code === "system.internalError") return "failed"
  return code === "system.serviceUnavailable" || code === "system.timeout" ? "unavailable" : "refused"
}
