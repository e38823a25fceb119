import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { expect } from "chai"
import { until } from "../../../test/helpers/until.ts"
import { ProcessMetrics } from "../../src/gateway/process-metrics.ts"

/** Enough for some measurements, in ms. */
const PAUSE_MS = 50

describe("ProcessMetrics", () => {
  let metrics: ProcessMetrics

  beforeEach(() => {
    metrics = new ProcessMetrics()
  })

  afterEach(() => metrics.stop())

  const value = (lines: readonly string[], name: string): number =>
    Number(lines.find((line) => line.startsWith(`${name} `))?.split(" ")[1])

  it("tells how long the event loop was blocked since the last scrape", async () => {
    await until("a delay to be measured", async () => {
      // The first measurement after a look only begins, and a delay is measured after it.
      await sleep(PAUSE_MS)
      for (const end = performance.now() + 100; performance.now() < end; );
      await sleep(PAUSE_MS)
      return value(metrics.lines(), "nodejs_eventloop_lag_max_seconds") > 0.05
    })
  })

  it("counts garbage collections by kind and duration", async () => {
    setFlagsFromString("--expose-gc")
    const collect: () => void = runInNewContext("gc")
    let lines: readonly string[] = []
    await until("a collection to be counted", () => {
      collect()
      lines = metrics.lines()
      return value(lines, 'nodejs_gc_duration_seconds_count{kind="major"}') > 0
    })
    const count = value(lines, 'nodejs_gc_duration_seconds_count{kind="major"}')
    expect(value(lines, 'nodejs_gc_duration_seconds_bucket{kind="major",le="+Inf"}')).to.equal(count)
    expect(value(lines, 'nodejs_gc_duration_seconds_bucket{kind="major",le="5"}')).to.be.within(0, count)
    expect(value(lines, 'nodejs_gc_duration_seconds_sum{kind="major"}')).to.be.above(0)
  })

  it("has lines of OpenMetrics only", () => {
    for (const line of metrics.lines())
      expect(line).to.match(
        /^(?:# (?:TYPE \w+ (?:gauge|counter|histogram)|HELP \w+ .+)|\w+(?:\{\w+="[\w.+]+"(?:,\w+="[\w.+]+")*\})? [\d.e-]+)$/,
      )
    expect(value(metrics.lines(), "process_cpu_seconds_total")).to.be.above(0)
  })
})
