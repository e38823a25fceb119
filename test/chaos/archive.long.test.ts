import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import { MongoClient } from "mongodb"
import { connect, type NatsConnection } from "nats"
import { archivedEvents, caughtUp, loggedEvents, publishMany } from "../helpers/archive.ts"
import { get } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { startMongo, type TestMongo } from "../helpers/mongo/mongo.ts"
import { skip } from "../helpers/skip.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

const KILLS = 3
/** Pause between two hundred events, in ms: a server that keeps all in memory must hold them. */
const PAUSE_MS = 50
/** Events that wait to be archived, at most: a slow machine could not catch up with more in the end. */
const MAX_WAITING = 2000

describe("an archiver that is ended under load", function () {
  this.timeout(10 * PATIENCE_MS)

  let mongo: TestMongo
  let kit: LauncherKit | undefined
  let client: MongoClient | undefined
  let nats: NatsConnection | undefined

  before(async function () {
    const started = await startMongo()
    if (typeof started === "string") skip(this, started)
    mongo = started
    client = new MongoClient(mongo.url)
    kit = await LauncherKit.create()
    await kit.ready(kit.start({ MONGO_URL: mongo.url, ARCHIVE_TAKEOVER_SECONDS: "1" }))
    nats = await connect({ servers: kit.natsUrl })
  })

  after(async () => {
    await nats?.close()
    await kit?.end()
    await client?.close()
    await mongo?.stop()
  })

  const losesNothing = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    if (kit === undefined || nats === undefined || client === undefined) throw new Error("not started")
    const publisher = nats
    const events = client.db().collection("events")
    let publishing = true
    const published = (async () => {
      for (let count = 0; publishing; await sleep(PAUSE_MS)) {
        if (count - (await events.countDocuments()) > MAX_WAITING) continue
        await publishMany(publisher, 200)
        count += 200
      }
    })()
    for (let kills = 0; kills < KILLS; kills++) {
      const before = await events.countDocuments()
      await until("some more to be archived", async () => (await events.countDocuments()) > before)
      await kit.kill("archiver", signal)
    }
    publishing = false
    await published

    await caughtUp(nats)
    expect(await archivedEvents(client.db())).to.deep.equal(await loggedEvents(nats))
    const url = `${kit.gatewayUrl}/api/shopwire/archive`
    const idle = { archiving: true, waiting: 0, lag_ms: 0, dead_letters: 0 }
    await until("the archive to say that nothing waits", async () => isDeepStrictEqual((await get(url)).body, idle))
  }

  it("by kill -9 loses and doubles nothing", () => losesNothing("SIGKILL"))

  it("by SIGTERM in the middle of its work stops and is started again, and loses and doubles nothing", () =>
    losesNothing("SIGTERM"))
})
