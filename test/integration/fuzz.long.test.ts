import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { ServiceOptions } from "../../service/service.ts"
import type { Outage, Tokens } from "../fuzz/door.ts"
import { fuzz } from "../fuzz/fuzz.ts"
import { tokensOf } from "../fuzz/tokens.ts"
import { startGateway } from "../helpers/gateway.ts"
import { Issuer } from "../helpers/issuer.ts"
import { MemoryLogger } from "../helpers/memory-logger.ts"
import { startProduct } from "../helpers/product.ts"

/** `npm run fuzz` sends more, and so does this with FUZZ_INPUTS. */
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 1000)
const SEED = process.env.FC_SEED === undefined ? Date.now() % 1_000_000 : Number(process.env.FC_SEED)

describe("every door under odd inputs", function () {
  this.timeout(180_000 + 20 * INPUTS)

  const attack = async (auth?: ServiceOptions["auth"], tokens?: Tokens, ...outages: Outage[]): Promise<void> => {
    const logger = new MemoryLogger()
    const product = await startProduct({ logger, auth })
    const headerAuth = auth === undefined ? {} : { headerAuth: "shopwire.auth.header" }
    const gateway = await startGateway(product.natsServer.url, headerAuth)
    try {
      const target = {
        edgeUrl: product.edgeUrl,
        gatewayUrl: gateway.url,
        nats: product.nats,
        outages: [
          { name: "the service is stopped", begin: product.stopService, end: product.restartService },
          ...outages,
        ],
        problems: () => logger.lines.filter((line) => line.startsWith('{"level":"error"')),
        ...(tokens === undefined ? {} : { auth: tokens }),
      }
      expect(await fuzz(target, { inputs: INPUTS, seed: SEED })).to.be.at.least(INPUTS)
    } finally {
      await gateway.stop()
      await product.stop()
    }
  }

  it(`[seed ${SEED}] answers without a defect, shows nobody what is another's, and works afterwards`, () => attack())

  it(`[seed ${SEED}] shows nothing of a shop to the holder of another shop's token`, async () => {
    const issuer = await Issuer.start()
    try {
      await attack({ verifier: issuer.verifier, cookie: undefined }, await tokensOf(issuer, `secret-${randomUUID()}`), {
        name: "the issuer's keys are away",
        begin: () => issuer.stop(),
        end: () => issuer.resume(),
      })
    } finally {
      await issuer.stop()
    }
  })
})
