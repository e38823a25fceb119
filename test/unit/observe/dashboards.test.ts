import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parser } from "@prometheus-io/lezer-promql"
import { expect } from "chai"
import { parse } from "yaml"
import { z } from "zod"
import { projectDir } from "../../../config/project-dir.ts"
import { Metrics, type MetricTable } from "../../../observe/metrics.ts"
import { Metrics as GatewayMetrics } from "../../../res-service/src/gateway/metrics.ts"
import { metricTables } from "../../../tools/docs/metrics-page.ts"
import { findProgram } from "../../../tools/programs/find-program.ts"
import { skip } from "../../helpers/skip.ts"

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"]

const folder = join(projectDir, "deploy/observe")
const read = (name: string): string => readFileSync(join(folder, name), "utf8")

/** A time series that processes show, by the name that expressions use. */
interface Series {
  readonly type: "counter" | "gauge"
  /** By name: the possible values; undefined: not known here. */
  readonly labels: ReadonlyMap<string, readonly string[] | undefined>
}

/** Labels that Prometheus gives to each series. */
const TARGET_LABELS = new Map([
  ["job", ["edge", "service", "archiver", "gateway"]],
  ["instance", undefined],
])

const Rule = z.strictObject({
  alert: z.string().regex(/^[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z
    .string()
    .regex(/^\d+[smh]$/)
    .optional(),
  labels: z.strictObject({ severity: z.enum(["critical", "warning"]) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook: z.string() }),
})
const Rules = z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(Rule) })) })

const Panel = z.object({
  id: z.int(),
  title: z.string(),
  type: z.enum(["row", "timeseries"]),
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  targets: z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() })).default([]),
})

describe("deploy/observe", () => {
  const known = new Map<string, Series>([["up", { type: "gauge", labels: TARGET_LABELS }]])
  const rules = Rules.parse(parse(read("alerts.yml"))).groups.flatMap((group) => group.rules)
  const dashboard = JSON.parse(read("grafana/shopwire.json"))
  const panels = z.array(Panel).parse(dashboard.panels)
  const queries = panels.flatMap(({ title, targets }) =>
    targets.map(({ expr, legendFormat }) => ({ title, expr: expr.replaceAll("$__rate_interval", "5m"), legendFormat })),
  )

  before(async () => {
    for (const table of Object.values<MetricTable>(metricTables)) {
      for (const [name, { type, labels = {} }] of Object.entries(table)) {
        const values = Object.entries(labels).map(
          ([label, of]) => [label, typeof of === "string" ? undefined : of] as const,
        )
        add(name, type, new Map(values))
      }
    }
    const metrics = await Metrics.open()
    for (const { name, type } of metrics.registry.getMetricsAsArray())
      add(name, String(type) === "histogram" || String(type) === "counter" ? (String(type) as "counter") : "gauge")
    metrics.registry.clear()
    const gateway = new GatewayMetrics().encode({ resources: 0, subscriptions: 0 }, true)
    for (const [, name = "", type] of gateway.matchAll(/^# TYPE (\w+) (\w+)$/gm))
      add(type === "counter" ? `${name}_total` : name, type === "counter" ? "counter" : "gauge")
  })

  /** Notes the series of a metric. */
  function add(name: string, type: string, labels: Series["labels"] = new Map()): void {
    const all = new Map([...labels, ...TARGET_LABELS])
    if (type === "histogram") {
      for (const ending of ["_sum", "_count"]) known.set(`${name}${ending}`, { type: "counter", labels: all })
      known.set(`${name}_bucket`, { type: "counter", labels: new Map([...all, ["le", undefined]]) })
    } else known.set(name, { type: type === "counter" ? "counter" : "gauge", labels: all })
  }

  /** All that is wrong with an expression. */
  function faultsOf(expr: string): string[] {
    const faults: string[] = []
    const text = ({ from, to }: { readonly from: number; readonly to: number }): string => expr.slice(from, to)
    parser.parse(expr).iterate({
      enter: ({ node, name, type }) => {
        if (type.isError) faults.push(`it is no PromQL at ${node.from}: ${expr}`)
        if (name === "VectorSelector") faults.push(...faultsOfSelector(node, text))
        if (name === "AggregateExpr") {
          const labels = all(node, "GroupingLabels").flatMap((list) => all(list, "LabelName").map(text))
          const series = all(node, "VectorSelector").flatMap((selector) => known.get(nameOf(selector, text)) ?? [])
          for (const label of labels)
            if (!series.some((each) => each.labels.has(label))) faults.push(`no series has the label ${label}: ${expr}`)
        }
        if (name === "FunctionCall" && /^(?:rate|increase)\(/.test(text(node)))
          for (const selector of all(node, "VectorSelector"))
            if (known.get(nameOf(selector, text))?.type === "gauge") faults.push(`a gauge has no rate: ${text(node)}`)
        if (
          name === "FunctionCall" &&
          text(node).startsWith("histogram_quantile(") &&
          !/\ble\b.*_bucket/.test(text(node))
        )
          faults.push(`no quantile without buckets by le: ${expr}`)
      },
    })
    return faults
  }

  function faultsOfSelector(selector: SyntaxNode, text: (node: SyntaxNode) => string): string[] {
    const series = known.get(nameOf(selector, text))
    if (series === undefined) return [`no process has ${nameOf(selector, text)}`]
    return all(selector, "UnquotedLabelMatcher").flatMap((matcher) => {
      const label = text(all(matcher, "LabelName")[0] as SyntaxNode)
      const value = text(all(matcher, "StringLiteral")[0] as SyntaxNode).slice(1, -1)
      const isRegex = text(all(matcher, "MatchOp")[0] as SyntaxNode).endsWith("~")
      if (!series.labels.has(label)) return [`${text(selector)} has no label ${label}`]
      const values = series.labels.get(label) ?? (label === "route" ? routes() : undefined)
      // Each alternative must be possible, so that none is misspelt.
      const alternatives = isRegex ? value.split("|").map((each) => new RegExp(`^(?:${each})$`)) : [value]
      return alternatives
        .filter((each) => values?.some((one) => (typeof each === "string" ? each === one : each.test(one))) === false)
        .map((each) => `${label} is never ${each}`)
    })
  }

  it("has alerts whose expressions Prometheus can parse, of metrics that the processes have", () => {
    expect(rules).to.have.length.above(10)
    for (const { alert, expr } of rules) expect(faultsOf(expr), alert).to.deep.equal([])
    expect(new Set(rules.map(({ alert }) => alert)).size).to.equal(rules.length)
  })

  it("has a dashboard whose queries are such expressions, too", () => {
    expect(queries).to.have.length.above(30)
    for (const { title, expr } of queries) expect(faultsOf(expr), title).to.deep.equal([])
  })

  it("finds what is wrong with an expression, so that these tests can fail", () => {
    for (const [expr, fault] of [
      ["sum(rate(shopwire_publishes_total[5m])", /no PromQL/],
      ["shopwire_publish_total", /no process has shopwire_publish_total/],
      ['shopwire_loaded{sort="feed"}', /no label sort/],
      ['shopwire_loaded{kind="feeds"}', /kind is never feeds/],
      ['shopwire_refused_total{limit=~"address|tokens"}', /limit is never .*tokens/],
      ['shopwire_http_requests_total{route="/publish/:shop"}', /route is never/],
      ["sum by (shop) (shopwire_loaded)", /no series has the label shop/],
      ["rate(shopwire_loaded[5m])", /a gauge has no rate/],
      ["histogram_quantile(0.5, rate(shopwire_publish_seconds_sum[5m]))", /without buckets/],
    ] as const)
      expect(faultsOf(expr).join(), expr).to.match(fault)
  })

  it("tells in each text only labels that the expression keeps", () => {
    const kept = (expr: string): string[] =>
      [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "))
    for (const { alert, expr, annotations } of rules) {
      const told = [...`${annotations.summary}${annotations.description}`.matchAll(/\$labels\.(\w+)/g)].map(
        ([, l]) => l,
      )
      const labels = expr.includes("by (") || /sum\(|max\(/.test(expr) ? kept(expr) : [...TARGET_LABELS.keys()]
      for (const label of told) expect(labels, alert).to.include(label)
    }
    for (const { title, expr, legendFormat } of queries)
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(kept(expr), title).to.include(label)
  })

  it("names runbooks that exist", () => {
    for (const { alert, annotations } of rules) {
      const [file = "", anchor] = annotations.runbook.split("#")
      expect(existsSync(join(projectDir, file)), `${alert}: ${file}`).to.equal(true)
      const headings = [...readFileSync(join(projectDir, file), "utf8").matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
        text
          .toLowerCase()
          .replaceAll(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      )
      if (anchor !== undefined) expect(headings, alert).to.include(anchor)
    }
  })

  it("has panels with different ids that do not overlap", () => {
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).to.be.at.most(24)
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
    })
    expect(new Set(cells).size).to.equal(cells.length)
  })

  it("scrapes the jobs of the alerts at the ports that docker-compose.yml sets, in containers that are there", () => {
    const { services } = parse(readFileSync(join(projectDir, "docker-compose.yml"), "utf8"), {
      merge: true,
      maxAliasCount: -1,
    })
    const { scrape_configs, rule_files } = parse(read("prometheus.yml"))
    expect(scrape_configs.map((each: { job_name: string }) => each.job_name)).to.deep.equal(TARGET_LABELS.get("job"))
    for (const { dns_sd_configs } of scrape_configs) {
      const [{ names, port }] = dns_sd_configs
      for (const name of names) {
        const { environment = {}, command } = services[name]
        const isShown = environment.METRICS_PORT === String(port) && environment.METRICS_HOST === "0.0.0.0"
        expect(isShown || command.includes(`--metricsport=${port}`), name).to.equal(true)
      }
    }
    const targets = services.prometheus.configs.map(({ target }: { target: string }) => target)
    expect(targets).to.include.members(["/etc/prometheus/prometheus.yml", ...rule_files])
    for (const name of ["prometheus", "grafana"]) expect(services[name].profiles).to.deep.equal(["observe"])
  })

  it("passes promtool", function () {
    const promtool = findProgram(["promtool"])
    if (promtool === undefined) return skip(this, "there is no promtool on PATH")
    execFileSync(promtool, ["check", "rules", join(folder, "alerts.yml")])
  })
})

/** The routes of the edge, as metrics have them. */
function routes(): string[] {
  const http = join(projectDir, "edge/http")
  const sources = readdirSync(http).map((file) => readFileSync(join(http, file), "utf8"))
  return sources.flatMap((text) =>
    [...text.matchAll(/\.route\("([^"]+)"\)|_ROUTE = "([^"]+)"/g)].map(([, route, named]) => route ?? named ?? ""),
  )
}

function nameOf(selector: SyntaxNode, text: (node: SyntaxNode) => string): string {
  const identifier = selector.getChild("Identifier")
  return identifier === null ? "" : text(identifier)
}

/** All nodes below one that have a name. */
function all(node: SyntaxNode, name: string): SyntaxNode[] {
  const found: SyntaxNode[] = []
  node.cursor().iterate((each) => {
    if (each.name === name && each.node !== node) found.push(each.node)
  })
  return found
}
