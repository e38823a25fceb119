import { randomUUID } from "node:crypto"
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { MongoClient } from "mongodb"
import { connect, type NatsConnection } from "nats"
import { silentLogger } from "res-service"
import { serverOptions } from "../../config/process.ts"
import { startArchiver } from "../../service/archive/archiver.ts"
import { startService } from "../../service/running-service.ts"
import { backUp, restore } from "../../tools/backup/backup.ts"
import { BackupError } from "../../tools/backup/backup-error.ts"
import {
  accountsConf,
  loginUrl,
  type NatsPasswords,
  type NatsRole,
  natsRoles,
  passwordEnv,
} from "../../tools/launch/nats-logins.ts"
import { archivedEvents, caughtUp, publishMany } from "../helpers/archive.ts"
import { docBlock, runDocBlock } from "../helpers/doc-block.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { startNats } from "../helpers/nats.ts"
import { serviceOptions, useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { useStorefronts } from "../helpers/storefront.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"
import { archiversOf, useMongo } from "../helpers/use-archive.ts"

const PAGE = "docs/operate/backup.md"
const OPERATOR_PASSWORD = "poperator"
const passwords = Object.fromEntries(natsRoles.map((role) => [role, `p${role}`])) as unknown as NatsPasswords

describe("a backup", function () {
  this.timeout(3 * PATIENCE_MS)
  const { mongo, db } = useMongo()
  const product = useProduct(() => ({ archive: { url: mongo.url, timeoutMs: 5000 } }))
  const archivers = use(async () => archiversOf(product, { url: mongo.url }))
  const openStorefront = useStorefronts(product)
  const folder = use(async () => {
    const path = await mkdtemp(join(tmpdir(), "shopwire-backup-"))
    return { path, stop: () => rm(path, { recursive: true }) }
  })
  /** Another machine: an empty nats-server with the logins of config/nats.conf and the operator's, and an empty database. */
  const target = use(async () => {
    const conf = accountsConf().replace("    users: [\n", (users) => users + docBlock(PAGE, "operator-login"))
    const env = { ...passwordEnv(passwords), NATS_OPERATOR_PASSWORD: OPERATOR_PASSWORD }
    const natsServer = await startNats({ conf, env })
    const mongoUrl = new URL(mongo.url)
    mongoUrl.pathname += "-restored"
    const client = new MongoClient(mongoUrl.href)
    const open = (role: NatsRole): Promise<NatsConnection> =>
      connect({
        ...serverOptions([loginUrl(natsServer.url, role, passwords)]),
        // As Resgate has it.
        ...(role === "gateway" ? { inboxPrefix: "_INBOX" } : {}),
      })
    const operatorUrl = natsServer.url.replace("//", `//operator:${OPERATOR_PASSWORD}@`)
    const made = {
      open,
      operator: await connect(serverOptions([operatorUrl])),
      db: client.db(),
      mongoUrl: mongoUrl.href,
      operatorUrl,
      stop: async () => {
        await made.operator.close()
        await client.db().dropDatabase()
        await client.close()
        await natsServer.stop()
      },
    }
    return made
  })
  const shops = [randomUUID(), randomUUID()]
  const sessions = ["b-1", "b~2"]
  const basket = randomUUID()

  const whole = (): string => join(folder.path, "whole")

  /** What a fresh `get` gives of all that was stored. */
  const shown = async (nats: NatsConnection): Promise<Record<string, unknown>> => {
    const all: Record<string, unknown> = {}
    const get = async (rid: string): Promise<{ readonly collection: readonly { readonly rid: string }[] }> => {
      const { result, error } = await resRequest(nats, `get.${rid}`)
      expect(error, rid).to.equal(undefined)
      all[rid] = result
      return result
    }
    for (const shop of shops)
      for (const name of ["feed", "baskets", "profile", `basket.${basket}`, "orders", "days"])
        await get(`store.${shop}.${name}`)
    for (const session of sessions)
      for (const { rid } of (await get(`session.${session}.multicart`)).collection) await get(rid)
    return all
  }

  before(async () => {
    await archivers.start()
    for (const [i, shop] of shops.entries()) {
      const publish = (fields: Parameters<typeof publishEvent>[0]) =>
        post(`${product.edgeUrl}/publish/${shop}`, publishEvent({ shop_id: shop, session_id: basket, ...fields }))
      for (let n = 1; n <= 5; n++) await publish({ basket_total: n, product_name: `Apples ${n}` })
      await publish({ session_id: randomUUID(), action: "CHECKOUT" })
      await resRequest(product.nats, `call.store.${shop}.basket.${basket}.acknowledge`, { params: { by: "Kim" } })
      await resRequest(product.nats, `call.store.${shop}.profile.set`, { params: { name: `Shop ${i}` } })
    }
    for (const session of sessions) {
      const host = await openStorefront(session)
      await host.start("Ann")
      host.send("updateCart", { customerId: host.customerId, cartContent: { items: [session] } })
      // Not the next update, which may be that of the start.
      await until("the cart", () => JSON.stringify(host.sees?.[0]?.content) === JSON.stringify({ items: [session] }))
    }
    await caughtUp(product.nats)
    await archivers.stop()
  })

  it("restored on an empty nats-server and MongoDB gives the same feeds, baskets, profiles, sessions and archive", async () => {
    const [shownBefore, archived] = [await shown(product.nats), await archivedEvents(db)]
    expect(
      await runDocBlock(PAGE, "backup", {
        env: { NATS_URL: product.natsServer.url, MONGO_URL: mongo.url, BACKUP: whole() },
      }),
    ).to.match(/^UPDATES: 14 messages$/m)
    expect(
      await runDocBlock(PAGE, "restore", {
        env: { NATS_URL: target.operatorUrl, MONGO_URL: target.mongoUrl, BACKUP: whole() },
      }),
    ).to.match(/^events: 12 documents$/m)
    const [nats, publisher] = [await target.open("gateway"), await target.open("publisher")]
    // No edge has the members' connections any more, so they are absent, and would be removed.
    const sessions = { ...serviceOptions.sessions, absenceMs: serviceOptions.sessions.idleMs }
    const options = { ...serviceOptions, sessions, archive: { url: target.mongoUrl, timeoutMs: 5000 } }
    const service = await startService(() => target.open("service"), options)
    try {
      expect(await shown(nats)).to.deep.equal(shownBefore)
      expect(await archivedEvents(target.db)).to.deep.equal(archived)
      expect(await target.db.collection("baskets").find().toArray()).to.deep.equal(
        await db.collection("baskets").find().toArray(),
      )
      // The log goes on after its end.
      const event = publishEvent({ shop_id: shops[0] ?? "" })
      await publisher.request(`updates.store.${event.shop_id}`, JSON.stringify(event), { timeout: PATIENCE_MS })
      await until("the event in the feed", async () => (await getFeed(nats, event.shop_id))[0]?.seq === 15)
      // Archivers go on, too: none of the events is archived again.
      const own = await target.open("service")
      const archiver = await startArchiver(own, {
        url: target.mongoUrl,
        takeoverMs: 1000,
        timeoutMs: 5000,
        logger: silentLogger,
      })
      await caughtUp(own)
      await archiver.stop()
      await own.close()
      expect((await archivedEvents(target.db)).map(({ seq }) => seq)).to.deep.equal([
        ...archived.map(({ seq }) => seq),
        15,
      ])
    } finally {
      await service.stop()
      await Promise.all([nats.close(), publisher.close()])
    }
  })

  it("can be made with the operator's login, and restored without an archive", async () => {
    const path = join(folder.path, "again")
    const lines: string[] = []
    await backUp(target.operator, undefined, path, (line) => void lines.push(line))
    expect(lines.at(-1)).to.equal("UPDATES: 15 messages")
    const natsServer = await startNats()
    const nats = await connect({ servers: natsServer.url })
    await restore(nats, undefined, path, 1, (line) => void lines.push(line))
    expect(lines.at(-1)).to.equal("UPDATES: 15 messages")
    await nats.close()
    await natsServer.stop()
  })

  it("is refused in one line where it would overwrite something, is not whole, or is not permitted", async () => {
    const { nats } = product
    const empty = join(folder.path, "empty")
    const service = await target.open("service")
    const [cut, lacking] = [join(folder.path, "cut"), join(folder.path, "lacking")]
    for (const copy of [cut, lacking]) await cp(whole(), copy, { recursive: true })
    await writeFile(join(cut, "backup.json"), "{")
    await rm(join(lacking, "UPDATES.snapshot"))
    for (const [words, task] of [
      [/whole is not empty$/, () => backUp(nats, db, whole(), () => {})],
      [/^NATS is not empty: it has the streams .*UPDATES$/, () => restore(nats, db, whole(), 1, () => {})],
      [/backup\.json is no JSON: it was not copied as a whole$/, () => restore(nats, db, cut, 1, () => {})],
      [
        /lacking has no whole backup: .*UPDATES\.snapshot cannot be read$/,
        () => restore(nats, db, lacking, 1, () => {}),
      ],
      [/empty has no whole backup: there is no backup.json$/, () => restore(nats, db, empty, 1, () => {})],
      [/^\$JS.API.STREAM.SNAPSHOT.*Permissions Violation/i, () => backUp(service, undefined, empty, () => {})],
    ] as const) {
      const error = await task().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).to.be.instanceOf(BackupError)
      expect((error as Error).message)
        .to.match(words)
        .and.not.include("\n")
    }
    await service.close()
  })

  it("fails if an archiver has archived something meanwhile", async () => {
    const archiveMore = async (): Promise<void> => {
      await publishMany(product.nats, 1)
      await archivers.start()
      await caughtUp(product.nats)
      await archivers.stop()
    }
    let began = false
    const tried = backUp(product.nats, db, join(folder.path, "torn"), async () => {
      if (!began) await archiveMore()
      began = true
    })
    const error = await tried.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.include({
      message: "an archiver has archived something meanwhile: stop the archivers, and begin again",
    })
  })
})
