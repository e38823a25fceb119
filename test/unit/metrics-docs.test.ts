import { readFileSync } from "node:fs"
import { expect } from "chai"
import type { MetricTable } from "../../observe/metrics.ts"
import { metricTables, withMetricsTables } from "../../tools/docs/metrics-page.ts"

const UNIT = /_(?:total|seconds|bytes)$/
/** Gauges that count things have no unit. */
const COUNTS = ["shopwire_nats_connected", "shopwire_loaded", "shopwire_shards", "shopwire_legacy_sockets"].concat(
  "shopwire_stream_readers",
)

describe("docs/metrics.md", () => {
  it("lists the metrics of the code; `npm run docs` writes it", () => {
    const page = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8")
    expect(page).to.equal(withMetricsTables(page))
    for (const name of Object.keys(metricTables.edge)) expect(page).to.include(`| \`${name}\` |`)
  })

  it("has names with a unit, and no label for a shop, session or person", () => {
    const all = Object.values<MetricTable>(metricTables).flatMap((table) => Object.entries(table))
    expect(all).to.have.length.above(25)
    for (const [name, { type, labels = {} }] of all) {
      expect(name).to.match(/^shopwire_[a-z_]+$/)
      if (!COUNTS.includes(name)) expect(name).to.match(UNIT)
      expect(name.endsWith("_total"), name).to.equal(type === "counter")
      expect(Object.keys(labels).filter((label) => /shop|session|user|customer|address|id$/.test(label))).to.deep.equal(
        [],
      )
    }
  })
})
