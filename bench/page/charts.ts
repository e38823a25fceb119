// The charts of the README, from a run of the suite.
import { EMBEDDED, fanOutName, RESGATE, SOCKET_IO, shapes } from "../fan-out/shapes.ts"
import { spreadOf } from "../figures/figures.ts"
import { busyness, type Run } from "../figures/run.ts"
import { postName } from "../publish/loads.ts"
import { type Bar, barChartSvg } from "./bar-chart.ts"
import { spreadText } from "./figures-page.ts"
import { number } from "./markdown.ts"

/** The systems of the first chart; the product's own stores before it answers, and Express and FastAPI do not. */
const PUBLISHERS = { shopwire: "shopwire, stored", Express: "Express + NATS", FastAPI: "FastAPI + NATS" }
const GATEWAYS = { [EMBEDDED]: EMBEDDED, [SOCKET_IO]: SOCKET_IO, [RESGATE]: RESGATE }

/** SVGs by the name of their file in `docs/images`. */
export function charts(run: Run): Readonly<Record<string, string>> {
  const footer = footerLines(run)
  return {
    "publish.svg": barChartSvg({
      title: "POST /publish, one event each: requests a second",
      groups: [1, 16, 64].map((connections) => ({
        label: postName(connections),
        bars: bars(run, postName(connections), PUBLISHERS, "p99Ms", "p99"),
      })),
      footer,
    }),
    "fan-out.svg": barChartSvg({
      title: "From NATS to WebSockets: deliveries a second",
      groups: shapes.map((shape) => ({
        label: fanOutName(shape),
        bars: bars(run, fanOutName(shape), GATEWAYS, "calmP99Ms", "calm p99"),
      })),
      footer,
    }),
  }
}

function bars(
  run: Run,
  name: string,
  labels: Readonly<Record<string, string>>,
  delay: string,
  delayName: string,
): Bar[] {
  return Object.entries(labels).flatMap(([system, label]) => {
    const value = spreadOf(run.figures, name, system, "perSecond")
    if (value === undefined) return []
    const p99 = spreadOf(run.figures, name, system, delay)
    const note = p99 === undefined ? "" : `, ${delayName} ${number(p99.median)} ms`
    return [{ label, value, note, own: system === "shopwire" || system === EMBEDDED }]
  })
}

function footerLines(run: Run): string[] {
  const { measuredAt, commit, machine, rounds } = run
  const busy = busyness(run)
  const load = busy === undefined ? "" : `, load average ${spreadText(busy.loadAverage)}`
  const { cores, processor, node } = machine
  return [
    `Median of ${rounds} rounds; the line goes from the least to the greatest. Servers and load share the machine.`,
    `${cores} cores (${processor}), Node ${node}${load}; ${measuredAt.slice(0, 10)}${commit === undefined ? "" : `, ${commit}`}.`,
    ...(busy?.tooBusy ? ["The machine was too busy to tell: other processes took much of its CPU."] : []),
  ]
}
