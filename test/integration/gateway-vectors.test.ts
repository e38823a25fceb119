import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { natsConn } from "res-service"
import { createGateway } from "res-service/gateway"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { skip } from "../helpers/skip.ts"
import { runCases } from "../vectors/run-cases.ts"
import { deviations, loadCases, loadConfigs, type VectorCase } from "../vectors/vector-case.ts"

/** For all cases of one configuration together: the slowest waits 10 s. */
const GROUP_TIMEOUT_MS = 90_000
/** Longer than a case takes: Resgate, unlike the embedded gateway, fetches nothing again after a failure. */
const REFETCH_PAUSE_MS = 600_000

describe("gateway, as recorded with Resgate 1.8.0", () => {
  let nats: TestNats
  let nc: NatsConnection

  before(async () => {
    nats = await startNats()
    nc = await connect({ servers: nats.url })
  })

  after(async () => {
    await nc?.close()
    await nats?.stop()
  })

  const cases = loadCases()
  for (const [config, settings] of loadConfigs()) {
    const group = cases.filter((spec) => spec.config === config)
    describe(`configuration ${config}`, () => {
      const results = new Map<VectorCase, readonly string[]>()

      before(async function () {
        this.timeout(GROUP_TIMEOUT_MS)
        const config = { ...settings, addr: "127.0.0.1", port: 0 }
        const gateway = createGateway(natsConn(nc), config, { refetchPauseMs: REFETCH_PAUSE_MS })
        await gateway.start()
        try {
          await runCases(group, {
            gateway: `http://127.0.0.1:${gateway.address.port}`,
            nats: nats.url,
            wsPath: settings.wsPath === undefined ? undefined : String(settings.wsPath),
            onResult: (spec, lines) => results.set(spec, lines),
          })
        } finally {
          await gateway.close()
        }
      })

      for (const spec of group) {
        it(`${spec.id}: ${spec.shows}`, function () {
          const deviation = deviations.get(spec.id)
          if (deviation !== undefined) skip(this, deviation)
          expect(results.get(spec)?.join("\n")).to.equal("")
        })
      }
    })
  }
})
