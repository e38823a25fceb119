import { expect } from "chai"
import { metricsPort } from "../../../config/metrics-ports.ts"
import { SettingError } from "../../../config/settings.ts"

describe("metricsPort()", () => {
  it("gives each process a port of its own, beginning with METRICS_PORT", () => {
    const ports = (["edge", "service", "archiver", "gateway"] as const).map((process) =>
      metricsPort({ METRICS_PORT: 65_532 }, process),
    )
    expect(ports).to.deep.equal([65_532, 65_533, 65_534, 65_535])
    expect(metricsPort({ METRICS_PORT: undefined }, "edge")).to.equal(undefined)
  })

  it("refuses a METRICS_PORT after which there are too few ports", () => {
    expect(() => metricsPort({ METRICS_PORT: 65_533 }, "edge"))
      .to.throw(SettingError)
      .with.property("message", 'METRICS_PORT="65533": expected at most 65532: the next ports are used, too')
  })
})
