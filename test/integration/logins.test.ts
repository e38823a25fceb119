import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { silentLogger } from "res-service"
import type { Claims } from "../../contract/claims.ts"
import { BUCKET, Logins } from "../../service/auth/logins.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { sha256 } from "../../service/sha256.ts"
import { inSeconds } from "../helpers/issuer.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { until } from "../helpers/until.ts"

const MAX = 3

describe("logins of a user who logs in on one connection after the other", () => {
  let natsServer: TestNats
  let nats: NatsConnection
  let logins: Logins
  const changed: string[] = []

  const open = async (): Promise<Logins> => {
    const opened = new Logins(new JetStream(nats), {
      maxTokenDays: 30,
      maxPerUser: MAX,
      onChanged: (tids) => changed.push(...tids),
      onRevoked: () => {},
      expires: () => true,
      logger: silentLogger,
    })
    await opened.start()
    return opened
  }
  const claims = (user: string): Claims => ({ user, shops: [], iat: inSeconds(0), exp: inSeconds(3600) })

  before(async () => {
    natsServer = await startNats()
    nats = await connect({ servers: natsServer.url })
    logins = await open()
  })

  after(async () => {
    logins?.stop()
    await nats?.close()
    await natsServer?.stop()
  })

  it("are no more than so many: the one ends that was begun or renewed longest ago, and nobody else's", async () => {
    const others = await logins.begin(claims("bob"))
    const tids: string[] = []
    for (let i = 0; i < MAX; i++) tids.push(await logins.begin(claims("ann")))
    const [renewed = "", oldest = "", ...rest] = tids
    expect(await logins.begin(claims("ann"), renewed)).to.equal(renewed)
    expect(changed).to.deep.equal([])

    const newest = await logins.begin(claims("ann"))
    expect(changed).to.deep.equal([oldest])
    const another = await open()
    for (const each of [logins, another]) {
      expect(each.get(oldest)).to.equal(undefined)
      for (const tid of [renewed, newest, others, ...rest]) expect(each.get(tid), tid).not.to.equal(undefined)
    }
    another.stop()
  })

  it("leave nothing for good in NATS", async () => {
    const jsm = await jetstreamManager(nats)
    const last = (tid: string) =>
      jsm.streams.getMessage(`KV_${BUCKET}`, { last_by_subj: `$KV.${BUCKET}.${sha256("cid")}.${tid}` })
    const tid = await logins.begin(claims("cid"))
    await logins.end(tid)
    await until("the mark of its end", async () => (await last(tid))?.header.get("Nats-TTL") === "1h")
    expect((await last(tid))?.data.length).to.equal(0)
  })
})
