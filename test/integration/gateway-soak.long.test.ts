import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect } from "chai"

/** How long clients come and go; longer by SOAK_SECONDS. */
const SOAK_S = Number(process.env.SOAK_SECONDS ?? 3)
/** Code that is still being compiled, and timers that run out by themselves; a leak grows with the time instead. */
const MAX_GROWN_BYTES = 2 * 1024 * 1024
const SCRIPT = new URL("gateway-soak.ts", import.meta.url).pathname

describe("gateway that clients come to and leave", function () {
  this.timeout((SOAK_S + 180) * 1000)

  it("holds no more in the end than after the first of them", async () => {
    const args = ["--expose-gc", "--import=tsx", "--conditions=@res-service/source", SCRIPT, String(SOAK_S)]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const { rounds, grownBytes, ...held } = JSON.parse(stdout) as Record<string, number>
    expect(held).to.deep.equal({ connectionCount: 0, pendingRequestCount: 0, uses: 0 })
    expect(rounds).to.be.above(20)
    expect(grownBytes).to.be.below(MAX_GROWN_BYTES)
  })
})
