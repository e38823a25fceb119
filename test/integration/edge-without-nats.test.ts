import { spawn } from "node:child_process"
import { once } from "node:events"
import { expect } from "chai"
import { compiledProgram } from "../helpers/compiled.ts"
import { publishEvent } from "../helpers/events.ts"
import { get, post } from "../helpers/http.ts"
import { freePort } from "../helpers/ports.ts"
import { until } from "../helpers/until.ts"

describe("the edge, started before NATS is there", () => {
  it("is alive but not ready, answers 503, and stops on SIGTERM", async () => {
    const [edgePort, natsPort] = [await freePort(), await freePort()]
    const child = spawn(process.execPath, [await compiledProgram("edge/main")], {
      env: { ...process.env, EDGE_PORT: `${edgePort}`, NATS_URL: `nats://127.0.0.1:${natsPort}` },
      stdio: ["ignore", "ignore", "inherit"],
    })
    try {
      const url = `http://127.0.0.1:${edgePort}`
      await until(
        "the edge to be alive",
        async () => (await get(`${url}/healthz`).catch(() => undefined))?.status === 200,
      )
      expect((await get(`${url}/readyz`)).body).to.deep.equal({ ready: false, nats: false, service: false })
      const event = publishEvent()
      expect((await post(`${url}/publish/${event.shop_id}`, event)).status).to.equal(503)
    } finally {
      child.kill("SIGTERM")
    }
    expect(await once(child, "exit")).to.deep.equal([0, null])
  })
})
