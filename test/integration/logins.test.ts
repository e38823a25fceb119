import { setTimeout as sleep } from "node:timers/promises"
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
    await logins?.stop()
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
    await another.stop()
  })

  it("end also in a process that is not sent the changes any more: it asks for them again", async () => {
    const another = await open()
    const tid = await another.begin(claims("gil"))
    await until("both to know it", () => logins.get(tid) !== undefined)
    const stream = `KV_${BUCKET}`
    const jsm = await jetstreamManager(nats)
    // As when the nats-server is gone that sent them.
    for (const { name } of await jsm.consumers.list(stream).next()) await jsm.consumers.delete(stream, name)
    await another.end(tid)
    await until("the other process to know it, too", () => logins.get(tid) === undefined)
    await another.stop()
  })

  it("change in every process: each tells gateways when it knows of it, since any of them may be asked", async () => {
    const told = [0, 1].map(() => ({ changed: [] as string[], revoked: 0 }))
    const processes = await Promise.all(
      told.map(async (each) => {
        const opened = new Logins(new JetStream(nats), {
          maxTokenDays: 30,
          onChanged: (tids) => each.changed.push(...tids),
          onRevoked: () => each.revoked++,
          expires: () => false,
          logger: silentLogger,
        })
        await opened.start()
        return opened
      }),
    )
    const [one, other] = processes
    if (one === undefined || other === undefined) throw new Error("there are two")
    const all = (what: string, isTold: (each: (typeof told)[number]) => boolean) =>
      until(`both to tell of ${what}`, () => told.every(isTold))

    const fewer = await one.begin({ ...claims("dan"), role: "merchant", shops: ["s1", "s2"], iat: inSeconds(-5) })
    await until("the login in the other process", () => other.get(fewer))
    await other.grant("dan", { role: "merchant", shops: ["s1"] }, inSeconds(0))
    await all("fewer rights", ({ changed }) => changed.includes(fewer))
    for (const each of processes) expect(each.get(fewer)?.shops).to.deep.equal(["s1"])

    for (const each of told) each.changed.length = 0
    await one.end(fewer)
    await all("an end", ({ changed }) => changed.includes(fewer))
    for (const each of processes) expect(each.get(fewer)).to.equal(undefined)

    const revoked = await one.begin({ ...claims("eve"), iat: inSeconds(-5) })
    await until("the login in the other process", () => other.get(revoked))
    await one.revoke("eve", inSeconds(-1))
    await all("a revocation", (each) => each.revoked > 0 && each.changed.includes(revoked))
    for (const each of processes) {
      expect(each.get(revoked)).to.equal(undefined)
      expect(each.isRevoked({ ...claims("eve"), iat: inSeconds(-5) })).to.equal(true)
      each.stop()
    }
    expect(told.map((each) => each.revoked)).to.deep.equal([1, 1])
  })

  it("are told of in no process when they are renewed with the same rights", async () => {
    const another = await open()
    changed.length = 0
    const tid = await logins.begin({ ...claims("ivy"), iat: inSeconds(-9) })
    await until("the login in the other process", () => another.get(tid))
    const renewed = { ...claims("ivy"), iat: inSeconds(-5) }
    await another.begin(renewed, tid)
    await until("both to know the renewal", () => [logins, another].every((each) => each.get(tid)?.iat === renewed.iat))
    await another.stop()
    // Of logins of other tests it may be told late.
    expect(changed).not.to.include(tid)
  })

  it("are removed when they have expired by a process that is to do so, and by no other", async () => {
    const js = new JetStream(nats)
    let expires = false
    const opened = new Logins(js, {
      maxTokenDays: 30,
      onChanged: () => {},
      onRevoked: () => {},
      expires: () => expires,
      logger: silentLogger,
    })
    await logins.stop()
    await opened.start()
    const tid = await opened.begin({ ...claims("fay"), exp: inSeconds(1) })
    await until("it to expire", () => opened.get(tid) === undefined)
    await sleep(1000)
    expect(opened.users.has("fay")).to.equal(true)
    expires = true
    await until("it to be removed", () => !opened.users.has("fay"))
    await opened.stop()
    logins = await open()
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
