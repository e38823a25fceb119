import { type MeteredProcess, meteredProcesses, metricsPort } from "../config/metrics-ports.ts"
import { loadSettings } from "../config/settings.ts"
import { AwayError } from "./exit-status.ts"
import { ask } from "./requests.ts"
import type { Terminal } from "./terminal.ts"

/** A metric that only processes of one kind have. */
const marks: Readonly<Record<MeteredProcess, string>> = {
  edge: "shopwire_http_requests_total",
  service: "shopwire_publishes_total",
  archiver: "shopwire_archived_total",
  gateway: "resgate_ws_connections_total",
}

interface Sample {
  readonly name: string
  readonly labels: string
  readonly value: number
}

/** The values that one process shows. */
export class ShownMetrics {
  readonly process: MeteredProcess
  readonly url: string
  readonly #samples: readonly Sample[]

  private constructor(process: MeteredProcess, url: string, samples: readonly Sample[]) {
    this.process = process
    this.url = url
    this.#samples = samples
  }

  /** Undefined: the text is not that of a process of the product. Source: Prometheus, "Text-based format". */
  static read(url: string, text: string): ShownMetrics | undefined {
    const process = meteredProcesses.find((each) => text.includes(`# TYPE ${marks[each].replace(/_total$/, "")}`))
    if (process === undefined) return undefined
    const samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = "", labels = "", value]) => ({
      name,
      labels,
      value: Number(value),
    }))
    return new ShownMetrics(process, url, samples)
  }

  /**
   * The sum of a metric's values, or of those with a label's value; undefined: the process does not have it.
   *
   * @param label as in `outcome="failed"`
   */
  sum(name: string, label = ""): number | undefined {
    const found = this.#samples.filter((sample) => sample.name === name && sample.labels.includes(label))
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
  }

  /** The least bound of a histogram without labels below which at least this share of its values is; undefined: it has no values. */
  boundOf(histogram: string, share: number): string | undefined {
    const count = this.sum(`${histogram}_count`) ?? 0
    if (count === 0) return undefined
    const bucket = this.#samples.find(({ name, value }) => name === `${histogram}_bucket` && value >= share * count)
    return /le="([^"]+)"/.exec(bucket?.labels ?? "")?.[1]
  }
}

/** What the processes at METRICS_PORT and the next ports show, as `npm start` numbers them; undefined: METRICS_PORT is not set. */
export async function shownMetrics(terminal: Terminal): Promise<readonly ShownMetrics[] | undefined> {
  const settings = loadSettings(["METRICS_PORT", "METRICS_HOST"], terminal.env)
  if (settings.METRICS_PORT === undefined) return undefined
  const host = hostOf(settings.METRICS_HOST)
  const read = await Promise.all(
    meteredProcesses.map(async (process) => {
      const url = `http://${host}:${metricsPort(settings, process)}/metrics`
      try {
        const answer = await ask(url, { signal: terminal.signal })
        return ShownMetrics.read(url, await answer.text())
      } catch (error) {
        if (!(error instanceof AwayError)) throw error
        return undefined
      }
    }),
  )
  return read.filter((each) => each !== undefined)
}

/** Where to ask for what listens at an address. */
function hostOf(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1"
  if (address === "::") return "[::1]"
  return address.includes(":") ? `[${address}]` : address
}
