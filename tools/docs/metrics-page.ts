import { edgeTable } from "../../edge/metrics.ts"
import type { MetricDefinition, MetricTable } from "../../observe/metrics.ts"
import { processTable } from "../../observe/process-metrics.ts"
import { archiverTable } from "../../service/archive/metrics.ts"
import { serviceTable } from "../../service/metrics.ts"

/** The metrics of each kind of process, by its name. Those of the gateway are Resgate's. */
export const metricTables = {
  "every process": processTable,
  edge: edgeTable,
  service: serviceTable,
  archiver: archiverTable,
} as const satisfies Readonly<Record<string, MetricTable>>

/** The tables of `docs/metrics.md`, which `npm run docs` makes from those in the code. */
export function metricsTables(): string {
  return Object.entries<MetricTable>(metricTables)
    .map(([of, table]) => {
      const rows = Object.entries(table).map(
        ([name, metric]) => `| \`${name}\` | ${metric.type} | ${labelsOf(metric)} | ${metric.help} |`,
      )
      return `### ${of[0]?.toUpperCase()}${of.slice(1)}\n\n| name | type | labels | meaning |\n| --- | --- | --- | --- |\n${rows.join("\n")}`
    })
    .join("\n\n")
}

/** Replaces the tables of `page`, between their two marks. */
export function withMetricsTables(page: string): string {
  return page.replace(
    /(<!-- metrics -->\n)[\s\S]*(\n<!-- \/metrics -->)/,
    (_, begin, end) => begin + metricsTables() + end,
  )
}

function labelsOf({ labels = {} }: MetricDefinition): string {
  return Object.entries(labels)
    .map(([name, values]) => {
      const text = typeof values === "string" ? values : values.map((value) => `\`${value}\``).join(", ")
      return `\`${name}\`: ${text}`
    })
    .join("; ")
}
