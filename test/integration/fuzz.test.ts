import { expect } from "chai"
import { fuzz } from "../fuzz/fuzz.ts"
import { startGateway, type TestGateway } from "../helpers/gateway.ts"
import { MemoryLogger } from "../helpers/memory-logger.ts"
import { type Product, startProduct } from "../helpers/product.ts"

/** `npm run fuzz` sends more. */
const INPUTS = 2000
const SEED = process.env.FC_SEED === undefined ? Date.now() % 1_000_000 : Number(process.env.FC_SEED)

describe("every door under odd inputs", function () {
  this.timeout(120_000)
  const logger = new MemoryLogger()
  let product: Product
  let gateway: TestGateway

  before(async () => {
    product = await startProduct({ logger })
    gateway = await startGateway(product.natsServer.url)
  })

  after(async () => {
    await gateway?.stop()
    await product?.stop()
  })

  it(`[seed ${SEED}] answers without a defect, shows nobody what is another's, and works afterwards`, async () => {
    const total = await fuzz(
      {
        edgeUrl: product.edgeUrl,
        gatewayUrl: gateway.url,
        nats: product.nats,
        problems: () => logger.lines.filter((line) => line.startsWith('{"level":"error"')),
      },
      { inputs: INPUTS, seed: SEED },
    )
    expect(total).to.be.at.least(INPUTS)
  })
})
