import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect } from "nats"
import { type ResError, silentLogger } from "res-service"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { Log } from "../../service/log/log.ts"
import { STREAM } from "../../service/log/stream.ts"
import { startNats } from "../helpers/nats.ts"
import { serviceOptions } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

const SHARD = 7

describe("Log.ofOneLog()", () => {
  const natsServer = use(() => startNats())

  it("refuses what was read while another log took the place of the followed one", async () => {
    const nats = await connect({ servers: natsServer.url })
    const js = new JetStream(nats)
    const log = new Log(js, serviceOptions.retention, silentLogger)
    const follower = { take: () => {}, lose: () => {} }
    log.follow(follower, follower)
    await log.start()
    await log.acquire([SHARD])
    const before = await log.ofOneLog(SHARD, async () => "read")
    expect(before.value).to.equal("read")

    const manager = await jetstreamManager(nats)
    const replace = async (): Promise<void> => {
      await manager.streams.delete(STREAM)
      await js.restore()
      await until("the followers to notice", () => log.ofOneLog(SHARD, async () => true).catch(() => undefined))
    }
    const refused = await log.ofOneLog(SHARD, replace).catch(({ code }: ResError) => code)
    expect(refused).to.equal("system.serviceUnavailable")
    expect((await log.ofOneLog(SHARD, async () => "again")).log.key).not.to.equal(before.log.key)
    await log.stop()
    await nats.close()
  })
})
