import { expect } from "chai"
import { Metrics } from "../../../observe/metrics.ts"

/** The lines of one metric. */
async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  return (await metrics.text()).split("\n").filter((line) => line.includes(name))
}

describe("Metrics", () => {
  it("shows counters and gauges by their labels, and those without labels from the start", async () => {
    const metrics = await Metrics.open()
    const made = metrics.make({
      a_total: { type: "counter", help: "A.", labels: { door: ["x", "y"], code: "a code" } },
      b: { type: "gauge", help: "B." },
    })
    expect(await linesOf(metrics, "b ")).to.deep.equal(["# HELP b B.", "# TYPE b gauge", "b 0"])
    made.a_total.inc({ door: "x", code: 200 })
    made.a_total.inc({ door: "x", code: 200 }, 2)
    made.a_total.inc({ door: "y", code: 'q"\\\n' })
    made.b.set({}, 5)
    made.b.inc({}, -2)
    expect(await linesOf(metrics, "a_total")).to.deep.equal([
      "# HELP a_total A.",
      "# TYPE a_total counter",
      'a_total{door="x",code="200"} 3',
      'a_total{door="y",code="q\\"\\\\\\n"} 1',
    ])
    expect(await linesOf(metrics, "b ")).to.include("b 3")
  })

  it("counts a value in the bucket of the least bound that is not below it, and buckets are cumulative", async () => {
    const metrics = await Metrics.open()
    const made = metrics.make({
      c_seconds: { type: "histogram", help: "C.", labels: { kind: ["k"] }, buckets: [0.1, 1, 10] },
    })
    for (const value of [0, 0.1, 0.5, 1, 11]) made.c_seconds.observe({ kind: "k" }, value)
    expect(await linesOf(metrics, "c_seconds")).to.deep.equal([
      "# HELP c_seconds C.",
      "# TYPE c_seconds histogram",
      'c_seconds_bucket{kind="k",le="0.1"} 2',
      'c_seconds_bucket{kind="k",le="1"} 4',
      'c_seconds_bucket{kind="k",le="10"} 4',
      'c_seconds_bucket{kind="k",le="+Inf"} 5',
      'c_seconds_sum{kind="k"} 12.6',
      'c_seconds_count{kind="k"} 5',
    ])
  })

  it("reads what is read anew before each scrape", async () => {
    const metrics = await Metrics.open()
    const { d } = metrics.make({ d: { type: "gauge", help: "D." } })
    let value = 1
    metrics.beforeScrape(() => d.set({}, value++))
    expect([await linesOf(metrics, "d "), await linesOf(metrics, "d ")].map((lines) => lines.at(-1))).to.deep.equal([
      "d 1",
      "d 2",
    ])
  })
})
