import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { jwksVerifier } from "../../service/auth/jwks-verifier.ts"
import { RememberingVerifier } from "../../service/auth/token-verifier.ts"
import type { ServiceOptions } from "../../service/service.ts"
import type { Tokens } from "../fuzz/door.ts"
import { fuzz } from "../fuzz/fuzz.ts"
import { sides } from "../fuzz/inputs.ts"
import { startGateway } from "../helpers/gateway.ts"
import { Issuer } from "../helpers/issuer.ts"
import { MemoryLogger } from "../helpers/memory-logger.ts"
import { startProduct } from "../helpers/product.ts"

/** `npm run fuzz` sends more, and so does this with FUZZ_INPUTS. */
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 2000)
const SEED = process.env.FC_SEED === undefined ? Date.now() % 1_000_000 : Number(process.env.FC_SEED)

describe("every door under odd inputs", function () {
  this.timeout(180_000 + 20 * INPUTS)

  const attack = async (auth?: ServiceOptions["auth"], tokens?: Tokens): Promise<void> => {
    const logger = new MemoryLogger()
    const product = await startProduct({ logger, auth })
    const headerAuth = auth === undefined ? {} : { headerAuth: "shopwire.auth.header" }
    const gateway = await startGateway(product.natsServer.url, headerAuth)
    try {
      const target = {
        edgeUrl: product.edgeUrl,
        gatewayUrl: gateway.url,
        nats: product.nats,
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
      const { url, issuer: name, audience } = issuer
      const verifier = new RememberingVerifier(jwksVerifier({ url, issuer: name, audience, claimPrefix: "" }))
      const merchant = (side: 0 | 1) =>
        issuer.token({ sub: `merchant-${side}`, role: "merchant", shops: [sides[side].shopId] })
      await attack(
        { verifier, cookie: undefined },
        {
          attacker: await issuer.token({ sub: "attacker", role: "merchant", shops: [sides[0].shopId] }),
          watchers: [await merchant(0), await merchant(1)],
          admin: await issuer.token({ sub: "admin", role: "admin", shops: [] }),
          secret: `secret-${randomUUID()}`,
        },
      )
    } finally {
      await issuer.stop()
    }
  })
})
