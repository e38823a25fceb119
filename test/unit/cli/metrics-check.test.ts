import { expect } from "chai"
import { metricsCheck, symptoms } from "../../../cli/doctor/metrics-check.ts"
import { ShownMetrics } from "../../../cli/shown-metrics.ts"
import { Metrics } from "../../../observe/metrics.ts"
import { serveMetrics } from "../../../observe/metrics-server.ts"
import { processTable } from "../../../observe/process-metrics.ts"
import { Metrics as GatewayMetrics } from "../../../res-service/src/gateway/metrics.ts"
import { serviceTable } from "../../../service/metrics.ts"
import { metricTables } from "../../../tools/docs/metrics-page.ts"
import { MemoryLogger } from "../../helpers/memory-logger.ts"
import { freePort } from "../../helpers/ports.ts"
import { TestTerminal } from "../../helpers/terminal.ts"

describe("doctor, metrics", () => {
  const run = (METRICS_PORT: number | string) =>
    metricsCheck.run(new TestTerminal({ METRICS_PORT: String(METRICS_PORT) }))

  it("says what a process has counted that should not be, and what to do about it", async () => {
    const metrics = await Metrics.open()
    const service = metrics.make(serviceTable)
    const own = metrics.make(processTable)
    const port = await serveMetrics(metrics, { host: "127.0.0.1", port: 0 }, new MemoryLogger())
    own.shopwire_nats_connected.set({}, 1)
    service.shopwire_publishes_total.inc({ outcome: "stored" }, 5)
    service.shopwire_publishes_total.inc({ outcome: "failed" }, 0)
    const found = async () => (await run(port)).filter(({ found }) => !/^read from|busy/.test(found))
    expect(await found()).to.deep.equal([])
    expect((await run(port))[0]?.found).to.match(/^read from service/)

    own.shopwire_nats_connected.set({}, 0)
    service.shopwire_publishes_total.inc({ outcome: "failed" }, 2)
    service.shopwire_refused_total.inc({ limit: "shop" }, 1)
    service.shopwire_refused_total.inc({ limit: "address" }, 2)
    service.shopwire_digest_reports_total.inc({ what: "feed" })
    service.shopwire_set_aside_total.set({}, 3)
    const all = await found()
    expect(all.map(({ state, found }) => `${state}: ${found}`)).to.include.members([
      "problem: the service has no connection to NATS",
      "warning: the service has failed 2 times to publish",
      "warning: the service has set aside 3 messages of other programs that are no valid events",
      "warning: clients have shown something else than the service once",
      "warning: the service has refused something 3 times because of a limit",
    ])
    expect(all.every(({ advice }) => advice !== undefined)).to.equal(true)
  })

  it("tells below which bound most values of a histogram are", () => {
    const read = (counts: readonly number[]) =>
      ShownMetrics.read(
        "http://127.0.0.1:1/metrics",
        [
          "# TYPE shopwire_publishes_total counter",
          ...["0.01", "0.1", "+Inf"].map((le, i) => `a_seconds_bucket{le="${le}"} ${counts[i]}`),
          `a_seconds_count ${counts[2]}`,
        ].join("\n"),
      )
    expect(read([95, 99, 100])?.boundOf("a_seconds", 0.95)).to.equal("0.01")
    expect(read([94, 99, 100])?.boundOf("a_seconds", 0.95)).to.equal("0.1")
    expect(read([0, 1, 100])?.boundOf("a_seconds", 0.95)).to.equal("+Inf")
    expect(read([0, 0, 0])?.boundOf("a_seconds", 0.95)).to.equal(undefined)
    expect(ShownMetrics.read("http://127.0.0.1:1/metrics", "a 1\n")).to.equal(undefined)
  })

  it("says when METRICS_PORT is not set, and when nothing of the product answers there", async () => {
    expect(await run("")).to.deep.equal([
      { state: "ok", found: "METRICS_PORT is not set here, so no metrics are read" },
    ])
    const [finding] = await run(await freePort())
    expect(finding).to.include({ state: "warning" })
    expect(finding?.found).to.match(/^no process of the product shows metrics at 127\.0\.0\.1, port \d+/)
  })

  it("reads only metrics that a process has", async () => {
    const metrics = await Metrics.open()
    const ofNode = metrics.registry.getMetricsAsArray().map(({ name }) => name)
    const ours = Object.values(metricTables).flatMap((table) => Object.keys(table))
    const gateway = new GatewayMetrics().encode({ resources: 0, subscriptions: 0 }, true)
    for (const { metric } of symptoms)
      expect([...ofNode, ...ours].includes(metric) || gateway.includes(`\n${metric} `), metric).to.equal(true)
    for (const { metric, label } of symptoms)
      if (label !== undefined)
        expect(label).to.equal(`outcome="${serviceTable.shopwire_publishes_total.labels.outcome[3]}"`, metric)
  })
})
