import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { ObjectId } from "mongodb"
import { INCOMING } from "../../service/archive/incoming/incoming-document.ts"
import { loggedEvents, publishMany } from "../helpers/archive.ts"
import { compiledProgram } from "../helpers/compiled.ts"
import { publishEvent } from "../helpers/events.ts"
import { useProduct } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"
import { useMongo } from "../helpers/use-archive.ts"

const KILLS = Number(process.env.ARCHIVE_TEST_KILLS ?? 4)
const SHOPS = 3
/** Documents inserted at a time, and the pause until the next ones, in ms. */
const INSERTED_AT_ONCE = 20
const INSERT_PAUSE_MS = 150
const PUBLISH_PAUSE_MS = 20
/** Documents that wait to be published, at most: a slow machine could not catch up with more in the end. */
const MAX_WAITING = 100
/** Time from the first note of an archiver until it is killed, in ms, at most: wherever it is then. */
const MAX_LIFE_MS = 500

describe("kill -9 of an archiver that publishes from MongoDB", function () {
  this.timeout(KILLS * 60_000 + 120_000)
  const { mongo, db } = useMongo()
  const product = useProduct()
  let program: string
  let archivers: ChildProcess[] = []

  const start = (): ChildProcess => {
    const env = { ...process.env, NATS_URL: product.natsServer.url, MONGO_URL: mongo.url, LOG_LEVEL: "error" }
    const child = spawn(process.execPath, [program], {
      env: { ...env, ARCHIVE_TAKEOVER_SECONDS: "1" },
      stdio: ["ignore", "inherit", "inherit"],
    })
    archivers.push(child)
    return child
  }
  const kill = async (child: ChildProcess): Promise<void> => {
    archivers = archivers.filter((each) => each !== child)
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, "exit")
    child.kill("SIGKILL")
    await gone
  }

  use(async () => {
    program = await compiledProgram("service/archive/main")
    return { stop: () => Promise.all(archivers.map(kill)) }
  })

  it(`stores each event once, and a shop's in the order of their _ids, through ${KILLS} kills`, async () => {
    const collection = db.collection(INCOMING)
    const shops = Array.from({ length: SHOPS }, () => randomUUID())
    const inserted = new Map<string, string[]>(shops.map((shopId) => [shopId, []]))
    const count = (state: string | null) => collection.countDocuments({ "shopwire.state": state })
    let isOver = false

    const inserting = (async () => {
      for (let n = 0; !isOver; await sleep(INSERT_PAUSE_MS)) {
        if ((await count(null)) > MAX_WAITING) continue
        const documents = Array.from({ length: INSERTED_AT_ONCE }, () => {
          const shop_id = shops[n % SHOPS] ?? ""
          const product_name = `document ${n++}`
          inserted.get(shop_id)?.push(product_name)
          return { ...publishEvent({ shop_id, product_name }), _id: new ObjectId() }
        })
        await collection.insertMany(documents)
      }
    })()
    // Other events of the same shops, so that conditions fail.
    const publishing = (async () => {
      for (let n = 0; !isOver; n++, await sleep(PUBLISH_PAUSE_MS)) await publishMany(product.nats, 1, shops[n % SHOPS])
    })()

    for (let kills = 0; kills < KILLS; kills++) {
      const before = await count("stored")
      const archiver = start()
      await until("an archiver to be at work", async () => (await count("stored")) > before)
      await sleep(Math.random() * MAX_LIFE_MS)
      await kill(archiver)
    }
    isOver = true
    await Promise.all([inserting, publishing])
    // Two that get in each other's way.
    start()
    start()
    await until("all to be taken in", async () => (await count(null)) + (await count("publishing")) === 0, 120_000)

    const logged = await loggedEvents(product.nats)
    for (const shopId of shops) {
      const names = logged.filter((event) => event.shop_id === shopId).map((event) => event.product_name)
      expect(names.filter((name) => name.startsWith("document "))).to.deep.equal(inserted.get(shopId))
    }
    const nameAt = new Map(logged.map((event) => [event.seq, event.product_name]))
    for await (const { product_name, shopwire } of collection.find())
      expect(nameAt.get(shopwire.seq)).to.equal(product_name)
  })
})
