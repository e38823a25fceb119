import { randomUUID } from "node:crypto"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import type { Document } from "mongodb"
import { type ConnectionOptions, connect } from "nats"
import { serverOptions } from "../../config/process.ts"
import { startArchiver } from "../../service/archive/archiver.ts"
import { DEAD_LETTERS } from "../../service/archive/dead-letters.ts"
import { INCOMING } from "../../service/archive/incoming/incoming-document.ts"
import { consumerName } from "../../service/archive/intake.ts"
import { logId } from "../../service/log/log-id.ts"
import { STREAM } from "../../service/log/stream.ts"
import { startService } from "../../service/running-service.ts"
import {
  accountsConf,
  loginUrl,
  type NatsPasswords,
  type NatsRole,
  natsRoles,
  passwordEnv,
} from "../../tools/launch/nats-logins.ts"
import { archivedEvents, caughtUp, loggedEvents, mongoVia, publishAll, publishMany } from "../helpers/archive.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { startRefusingMongo } from "../helpers/mongo/refusing-mongo.ts"
import { startNats } from "../helpers/nats.ts"
import { serviceOptions } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { skip } from "../helpers/skip.ts"
import type { TcpProxy } from "../helpers/tcp-proxy.ts"
import { ran } from "../helpers/terminal.ts"
import { until } from "../helpers/until.ts"
import { useArchive } from "../helpers/use-archive.ts"

const TAKEOVER_MS = 600
/** Of what MongoDB is asked: a busy machine makes even a small write slow. */
const TIMEOUT_MS = 3000
/** Long enough for a process that is kept waiting, and an outage of more than two such times. */
const CALM_TAKEOVER_MS = 5000
const OUTAGE_MS = 11_000
/** What is counted is delivered once, however long a process is kept waiting. */
const NO_TAKEOVER_MS = 600_000

// Whatever speaks MongoDB's protocol must pass; see test/helpers/mongo/mongo.ts for which is taken.
describe("the archive", () => {
  const { mongo, db, proxy, product, archivers, logger } = useArchive({
    takeoverMs: TAKEOVER_MS,
    timeoutMs: TIMEOUT_MS,
  })
  const consumer = async () => {
    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    return await jsm.consumers.info(STREAM, consumerName(logId((await jsm.streams.info(STREAM)).created)))
  }
  const expectAllArchivedOnce = async (): Promise<void> => {
    await caughtUp(product.nats)
    const logged = await loggedEvents(product.nats)
    const archived = await archivedEvents(db)
    expect(archived.map(({ seq }) => seq)).to.deep.equal(logged.map(({ seq }) => seq))
    expect(archived).to.deep.equal(logged)
  }

  it("keeps every event once, each as its shop's feed shows it, with those from before it was started", async () => {
    const shopId = randomUUID()
    await publishMany(product.nats, 40, shopId)
    await archivers.start()
    await publishMany(product.nats, 60, shopId)
    await expectAllArchivedOnce()
    expect((await archivedEvents(db)).reverse()).to.deep.equal(await getFeed(product.nats, shopId))
    const { stdout } = await ran(["explain", "--seq", "100"], { NATS_URL: product.natsServer.url })
    expect(stdout).to.match(/^archived yes$/m)
  })

  it("numbers that JSON can have come back as they were", async () => {
    const prices = [0, -1, 0.1, 1e-9, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1)]
    const events = prices.map((product_price) => publishEvent({ product_price, product_id: Math.round(product_price) }))
    for (const event of events) await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)
    await archivers.start()
    await expectAllArchivedOnce()
  })

  it("sets aside what is no event, and goes on behind it", async () => {
    await jetstream(product.nats).publish(`updates.store.${randomUUID()}`, '{"shopper_id":"someone"}')
    await jetstream(product.nats).publish("updates.store.nobody", "{}")
    await publishMany(product.nats, 1)
    const archiver = await archivers.start({ takeoverMs: NO_TAKEOVER_MS })
    await expectAllArchivedOnce()
    expect(archiver.counts).to.deep.equal({ archived: 1, setAside: 2, refused: 0 })
  })

  it("puts an event that MongoDB refuses for good with the dead letters, and archives the others", async () => {
    await db.collection("events").createIndex({ product_name: 1 }, { unique: true, name: "operators_own" })
    const first = publishEvent({ product_name: "taken" })
    const second = publishEvent({ product_name: "taken" })
    await post(`${product.edgeUrl}/publish/${first.shop_id}`, first)
    await post(`${product.edgeUrl}/publish/${second.shop_id}`, second)
    await publishMany(product.nats, 20)
    const archiver = await archivers.start({ takeoverMs: NO_TAKEOVER_MS })
    await caughtUp(product.nats)
    expect(archiver.counts).to.deep.equal({ archived: 21, setAside: 0, refused: 1 })
    expect((await archivedEvents(db)).map(({ shop_id }) => shop_id)).to.include(first.shop_id)

    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    const letter = await jsm.direct.getMessage(DEAD_LETTERS, { last_by_subj: `archive.dead.${second.shop_id}.event.2` })
    expect(letter?.json()).to.deep.equal(second)
    expect(letter?.header.get("Shopwire-Reason")).to.equal("duplicate key (11000) in the index operators_own")
  })

  for (const [name, disturb] of [
    ["away", (way: TcpProxy) => way.refuse()],
    ["stalled: it takes connections and answers nothing", (way: TcpProxy) => way.stall()],
  ] as const) {
    it(`MongoDB ${name}: publishing goes on, the archive waits and catches up`, async () => {
      await archivers.start()
      await publishMany(product.nats, 10)
      await caughtUp(product.nats)
      // MongoDB may have been slow until now.
      logger.lines.splice(0)
      disturb(proxy)
      const event = publishEvent()
      const { status } = await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)
      expect(status).to.equal(200)
      await publishMany(product.nats, 300)
      await until("the archiver to say that it waits", () =>
        logger.messages("warn").includes("cannot archive events now; waiting"),
      )
      await until("all to be in its hands", async () => (await consumer()).num_ack_pending === 301)
      const waits = logger.messages("warn").filter((message) => message.includes("archive events"))
      expect(waits, "told of once").to.have.lengthOf(1)
      proxy.heal()
      await expectAllArchivedOnce()
      expect(logger.messages("info")).to.include("can archive events again")
    })
  }

  it("what waits for long is not delivered again", async () => {
    await archivers.start({ takeoverMs: CALM_TAKEOVER_MS })
    await publishMany(product.nats, 10)
    await caughtUp(product.nats)
    proxy.refuse()
    await publishMany(product.nats, 300)
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS))
    const { num_ack_pending, num_redelivered } = await consumer()
    expect({ num_ack_pending, num_redelivered }).to.deep.equal({ num_ack_pending: 300, num_redelivered: 0 })
    proxy.heal()
    await expectAllArchivedOnce()
  })

  for (const [name, answer] of [
    ["is not the primary any more", { ok: 0, code: 10107, codeName: "NotWritablePrimary", errmsg: "not primary" }],
    ["has no space", { ok: 0, code: 14031, codeName: "OutOfDiskSpace", errmsg: "no space" }],
    ["lets the user only read", { ok: 0, code: 13, codeName: "Unauthorized", errmsg: "not authorized" }],
    ["does not reach the majority", { ok: 1, n: 1, writeConcernError: { code: 64, errmsg: "waiting timed out" } }],
    [
      "has no space for one of them",
      { ok: 1, n: 0, writeErrors: [{ index: 0, code: 14031, errmsg: "no space for { name: 'secret' }" }] },
    ],
  ] as const) {
    it(`MongoDB ${name}: waits and catches up`, async () => {
      const refusing = await startRefusingMongo(mongo)
      try {
        const archiver = await archivers.start({ url: mongoVia(mongo.url, refusing.port) })
        await publishMany(product.nats, 3)
        await caughtUp(product.nats)
        let refused = 0
        refusing.refuse((command) => {
          if (command.insert === undefined) return undefined
          refused++
          return answer
        })
        await publishMany(product.nats, 30)
        await until("a second attempt", () => refused >= 2)
        await until("all to be in its hands", async () => (await consumer()).num_ack_pending === 30)
        refusing.refuse(undefined)
        await expectAllArchivedOnce()
        expect(archiver.counts.refused).to.equal(0)
        expect(logger.lines.join("\n")).not.to.include("secret")
      } finally {
        await refusing.stop()
      }
    })
  }

  it("an error that is no known one, for a single event: tried again, then with the dead letters", async () => {
    const refusing = await startRefusingMongo(mongo)
    try {
      let refused = 0
      refusing.refuse((command) => {
        if (command.insert !== "events") return undefined
        refused++
        return { ok: 1, n: 0, writeErrors: [{ index: 0, code: 999_999, errmsg: "what is this" }] }
      })
      const calm = { takeoverMs: NO_TAKEOVER_MS, timeoutMs: 600_000 }
      const archiver = await archivers.start({ url: mongoVia(mongo.url, refusing.port), ...calm })
      await publishMany(product.nats, 1)
      await caughtUp(product.nats)
      expect(refused).to.equal(5)
      expect(archiver.counts).to.deep.equal({ archived: 0, setAside: 0, refused: 1 })
      expect((await consumer()).num_redelivered).to.equal(0)
    } finally {
      await refusing.stop()
    }
  })

  it("stops while MongoDB does not answer, and gives back what it has", async () => {
    const archiver = await archivers.start({ takeoverMs: NO_TAKEOVER_MS, timeoutMs: 600_000 })
    await publishMany(product.nats, 10)
    await caughtUp(product.nats)
    proxy.stall()
    await publishMany(product.nats, 10)
    await until("it to have them in hand", async () => (await consumer()).num_ack_pending === 10)
    await archiver.stop()
    proxy.heal()
    await archivers.start()
    await expectAllArchivedOnce()
  })

  it("MongoDB not there at the start: waits for it", async () => {
    proxy.refuse()
    await archivers.start()
    await publishMany(product.nats, 5)
    await until("it to wait", () => logger.messages("warn").includes("cannot set up the archive now; waiting"))
    proxy.heal()
    await expectAllArchivedOnce()
  })

  it("connections cut again and again under load: nothing is lost or doubled", async () => {
    await archivers.start()
    await archivers.start()
    let cutting = true
    const cuts = (async () => {
      while (cutting) {
        await new Promise((resolve) => setTimeout(resolve, 40))
        proxy.cut()
      }
    })()
    for (let i = 0; i < 20; i++) await publishMany(product.nats, 200)
    cutting = false
    await cuts
    await expectAllArchivedOnce()
  })

  it("any number of archivers share the work, and do that of one that stops", async () => {
    const [first, second, third] = [await archivers.start(), await archivers.start(), await archivers.start()]
    const archived = () => [first, second, third].map(({ counts }) => counts.archived)
    while (archived().some((count) => count === 0)) {
      await publishMany(product.nats, 300)
      await caughtUp(product.nats)
    }
    const publishing = (async () => {
      for (let i = 0; i < 20; i++) await publishMany(product.nats, 100)
    })()
    const before = first.counts.archived
    await until("the first to be at work", () => first.counts.archived > before)
    await first.stop()
    await publishing
    await expectAllArchivedOnce()
  })

  it("a recreated log counts from 1 again, and its events are stored as different ones", async () => {
    await archivers.start()
    await publishMany(product.nats, 3)
    await caughtUp(product.nats)
    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    await jsm.streams.delete(STREAM)
    await product.restartService()
    await publishMany(product.nats, 3)
    await caughtUp(product.nats)
    expect((await archivedEvents(db)).map(({ seq }) => seq)).to.deep.equal([1, 1, 2, 2, 3, 3])
  })

  it("nats-server restarted: goes on where it was", async () => {
    await archivers.start()
    await publishMany(product.nats, 20)
    await product.restartNats()
    await publishMany(product.nats, 20)
    await expectAllArchivedOnce()
  })

  it("makes the indexes that the queries need", async () => {
    await archivers.start()
    await publishMany(product.nats, 1)
    await caughtUp(product.nats)
    const names = (await db.collection("events").indexes()).map(({ name }) => name)
    expect(names).to.have.members(["_id_", "shop", "basket", "category", "shopper", "age"])
    expect((await db.collection("baskets").indexes()).map(({ name }) => name)).to.have.members([
      "_id_",
      "shop",
      "shopper",
      "age",
    ])
  })

  it("logs nothing of an event, and nothing of MONGO_URL but the address", async () => {
    await db.collection("events").createIndex({ UPC: 1 }, { unique: true, name: "operators_own" })
    const event = publishEvent({ UPC: "secret-upc", product_name: "secret name", product_id: 424242 })
    for (let i = 0; i < 2; i++) await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)
    await jetstream(product.nats).publish(`updates.store.${event.shop_id}`, JSON.stringify({ ...event, action: 7 }))
    await archivers.start()
    await caughtUp(product.nats)
    proxy.refuse()
    await publishMany(product.nats, 1)
    await until("it to wait", () => logger.messages("warn").includes("cannot archive events now; waiting"))
    const all = logger.lines.join("\n")
    expect(all).to.include("operators_own")
    for (const secret of [event.shopper_id, event.session_id, "secret", "424242", new URL(mongo.url).pathname]) {
      expect(all).not.to.include(secret)
    }
  })

  it("the primary steps down under load: nothing is lost or doubled", async function () {
    if (!mongo.isReplicaSet) skip(this, "a replica set: MONGO_URL, or mongod")
    await archivers.start()
    const publishing = (async () => {
      for (let i = 0; i < 30; i++) await publishMany(product.nats, 100)
    })()
    await db.client
      .db("admin")
      .command({ replSetStepDown: 1, secondaryCatchUpPeriodSecs: 0, force: true })
      .catch(() => {})
    await publishing
    await expectAllArchivedOnce()
  })

  it("does all that with the NATS login of its own, which config/nats.conf allows nothing else", async () => {
    const passwords = Object.fromEntries(natsRoles.map((role) => [role, `p${role}`])) as unknown as NatsPasswords
    const natsServer = await startNats({ conf: accountsConf(), env: passwordEnv(passwords) })
    const login = (role: NatsRole, options: ConnectionOptions = {}) =>
      connect({ ...serverOptions([loginUrl(natsServer.url, role, passwords)]), ...options })
    const [asService, asArchive] = [await login("service"), await login("archive")]
    const asGateway = await login("gateway", { inboxPrefix: "_INBOX" })
    const refusals: string[] = []
    void (async () => {
      for await (const status of asArchive.status()) if (status.type === "error") refusals.push(status.error.message)
    })()
    const service = await startService(() => login("service"), serviceOptions)
    let end = async (): Promise<void> => {}
    try {
      await db.collection("events").createIndex({ product_name: 1 }, { unique: true, name: "operators_own" })
      const options = { url: mongo.url, timeoutMs: TIMEOUT_MS, logger }
      const archiver = await startArchiver(asArchive, { ...options, takeoverMs: NO_TAKEOVER_MS })
      const taken = publishEvent({ product_name: "taken" })
      await publishAll(jetstream(asService), [taken, taken])
      await caughtUp(asService)
      await archiver.stop()
      expect(archiver.counts).to.deep.equal({ archived: 1, setAside: 0, refused: 1 })

      // Another time for takeovers changes the consumer.
      const second = await startArchiver(asArchive, { ...options, takeoverMs: 2 * NO_TAKEOVER_MS })
      end = () => second.stop()
      await publishMany(asService, 5)
      await caughtUp(asService)
      await db.collection("events").updateOne({ seq: 1 }, { $set: { annotations: { note: "seen" } } })
      const inserted = publishEvent()
      await db.collection<Document>(INCOMING).insertOne({ ...inserted })
      const feed = `get.store.${inserted.shop_id}.feed`
      await until("the inserted event", async () => (await resRequest(asGateway, feed)).result?.collection.length > 0)
      const subject = `get.store.${taken.shop_id}.event.1`
      await until("the annotation", async () => (await resRequest(asGateway, subject)).result?.model.annotations)
      expect(refusals).to.deep.equal([])
    } finally {
      await end()
      await service.stop()
      await Promise.all([asService, asArchive, asGateway].map((nc) => nc.close()))
      await natsServer.stop()
    }
  })
})
