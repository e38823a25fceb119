import { expect } from "chai"
import { connect } from "nats"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { openIdempotencySecret } from "../../service/log/idempotency-secret.ts"
import { startNats } from "../helpers/nats.ts"

describe("the secret of idempotency keys", () => {
  it("is the same again after NATS has lost its files and the service has begun again", async () => {
    const secrets: string[] = []
    // Each is empty, as one that was wiped.
    for (let i = 0; i < 2; i++) {
      const natsServer = await startNats()
      const nats = await connect({ servers: natsServer.url })
      secrets.push(await openIdempotencySecret(new JetStream(nats), () => {}))
      await nats.close()
      await natsServer.stop()
    }
    expect(secrets[1]).to.equal(secrets[0])
  })
})
