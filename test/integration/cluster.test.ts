import { expect } from "chai"
import { findCaddy, NO_CADDY } from "../../tools/install/caddy.ts"
import { stillRuns } from "../../tools/programs/process-identity.ts"
import { get } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { skip } from "../helpers/skip.ts"
import { PATIENCE_MS } from "../helpers/until.ts"

describe("npm start -- --cluster", function () {
  this.timeout(2 * PATIENCE_MS)
  let kit: LauncherKit

  before(async () => {
    kit = await LauncherKit.create()
  })

  after(() => kit.end())

  it("prints the address and each process, and ends all on Ctrl-C", async function () {
    if (findCaddy() === undefined) skip(this, NO_CADDY)
    const run = await kit.ready(kit.start({}, ["--cluster"]))
    for (const { name, pid } of kit.known)
      expect(run.stdout()).to.match(new RegExp(`^  ${name.replace("-", " ")} +pid ${pid} `, "m"))
    expect(kit.known.map(({ name }) => name).toSorted()).to.deep.equal(
      "edge-1 edge-2 gateway-1 gateway-2 nats-1 nats-2 nats-3 proxy-1 service-1 service-2".split(" "),
    )
    expect((await get(`${kit.edgeUrl}/readyz`)).status).to.equal(200)
    run.process.kill("SIGINT")
    expect(await run.ended).to.deep.equal([0, null])
    expect(kit.known.filter(stillRuns)).to.deep.equal([])
  })

  it("refuses what it cannot use in one line", async () => {
    for (const [settings, line] of [
      [{ NATS_URL: "nats://127.0.0.1:9" }, /^--cluster runs nats-servers of its own: expected NATS_URL to be unset\n$/],
      [{ NATS_REPLICAS: "2" }, /^NATS_REPLICAS="2": expected 1, 3 or 5\n$/],
      [{ NATS_REPLICAS: "5" }, /^NATS_REPLICAS=5: expected at most 3, since that many nats-servers run\n$/],
    ] as const) {
      const run = kit.start(settings, ["--cluster"])
      expect(await run.ended).to.deep.equal([1, null])
      expect(run.stderr()).to.match(line)
      kit.forget(run)
    }
  })
})
