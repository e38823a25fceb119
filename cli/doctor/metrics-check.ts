import { loadSettings } from "../../config/settings.ts"
import { type ShownMetrics, shownMetrics } from "../shown-metrics.ts"
import { type Check, type Finding, ok, problem, warning } from "./finding.ts"

/** What a metric tells about a process. */
interface Symptom {
  readonly metric: string
  /** Undefined: all values of the metric. */
  readonly label?: string
  isShownBy(value: number): boolean
  finding(process: string, value: number): Finding
}

/** An event loop that is so late at worst, in seconds, serves nobody in time. The same as in deploy/observe/alerts.yml. */
const LATE_LOOP_SECONDS = 0.5

const isDisconnected = {
  isShownBy: (value: number) => value === 0,
  finding: (process: string) => problem(`the ${process} has no connection to NATS`, "see NATS above, and its NATS_URL"),
}

/** All metrics that the check reads. */
export const symptoms: readonly Symptom[] = [
  { metric: "shopwire_nats_connected", ...isDisconnected },
  { metric: "resgate_nats_connected", ...isDisconnected },
  {
    metric: "shopwire_publishes_total",
    label: 'outcome="failed"',
    isShownBy: (value) => value > 0,
    finding: (process, value) =>
      warning(
        `the ${process} has failed ${times(value)} to publish`,
        "find `a request failed` in its log, and report the error before it",
      ),
  },
  {
    metric: "shopwire_set_aside_total",
    isShownBy: (value) => value > 0,
    finding: (process, value) =>
      warning(
        `the ${process} has set aside ${value} messages of other programs that are no valid events`,
        "its log has their sequences: `explain --seq` says what is wrong with each",
      ),
  },
  {
    metric: "shopwire_digest_reports_total",
    isShownBy: (value) => value > 0,
    finding: (_, value) =>
      warning(
        `clients have shown something else than the service ${times(value)}`,
        "compare a shop's copies with `doctor --shop`, and see docs/baskets.md",
      ),
  },
  {
    metric: "shopwire_refused_total",
    isShownBy: (value) => value > 0,
    finding: (process, value) =>
      warning(
        `the ${process} has refused something ${times(value)} because of a limit`,
        "its metric shopwire_refused_total says which: see docs/limits.md",
      ),
  },
  {
    metric: "nodejs_eventloop_lag_p99_seconds",
    isShownBy: (value) => value > LATE_LOOP_SECONDS,
    finding: (process, value) =>
      warning(
        `the ${process} is busy: its event loop is up to ${value.toFixed(1)} s late`,
        "give it a core of its own, or run more of its kind: see docs/operate/sizing.md",
      ),
  },
]

/** The metrics of the processes on this machine: what they have counted since their start that should not be. */
export const metricsCheck: Check = {
  name: "metrics",
  run: async (terminal) => {
    const shown = await shownMetrics(terminal)
    if (shown === undefined) return [ok("METRICS_PORT is not set here, so no metrics are read")]
    if (shown.length === 0) {
      const { METRICS_HOST, METRICS_PORT } = loadSettings(["METRICS_HOST", "METRICS_PORT"], terminal.env)
      return [
        warning(
          `no process of the product shows metrics at ${METRICS_HOST}, port ${METRICS_PORT} or the next ones`,
          "start the processes with the same METRICS_PORT and METRICS_HOST as here",
        ),
      ]
    }
    const found = shown.flatMap((metrics) => symptomsOf(metrics))
    const who = shown.map(({ process }) => process).join(", ")
    return [ok(`read from ${who}`), ...found]
  },
}

function symptomsOf(metrics: ShownMetrics): Finding[] {
  return symptoms.flatMap(({ metric, label, isShownBy, finding }) => {
    const value = metrics.sum(metric, label)
    return value !== undefined && isShownBy(value) ? [finding(metrics.process, value)] : []
  })
}

function times(value: number): string {
  return value === 1 ? "once" : `${value} times`
}
