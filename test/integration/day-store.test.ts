import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { ResError } from "res-service"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { emptyDay } from "../../service/projections/day.ts"
import type { DayOrigin } from "../../service/store/day-entry.ts"
import { DayStore } from "../../service/store/day-store.ts"
import { startNats } from "../helpers/nats.ts"
import { use } from "../helpers/use.ts"

const DATE = "2026-03-29"

describe("DayStore", () => {
  const natsServer = use(() => startNats())
  const connections: NatsConnection[] = []
  const log = { created: "2026-01-01T00:00:00Z" }
  const origin: DayOrigin = { log: log.created, zone: "UTC" }
  const owners = new Set(["owner"])

  after(() => Promise.all(connections.map((connection) => connection.close())))

  async function storeOf(name: string): Promise<DayStore> {
    const connection = await connect({ servers: natsServer.url })
    connections.push(connection)
    return new DayStore(new JetStream(connection), log, () => owners.has(name))
  }

  const codeOf = async (task: Promise<unknown>): Promise<string | undefined> =>
    await task.then(
      () => undefined,
      (error: unknown) => ResError.from(error).code,
    )

  it("lets the owner of a shop replace what somebody else has written meanwhile, and nobody else write", async () => {
    const shopId = randomUUID()
    const [owner, former] = [await storeOf("owner"), await storeOf("former")]
    const day = { ...emptyDay(), seq: 7, orders: 1 }
    expect(await owner.read(shopId, DATE, origin)).to.deep.equal({ day: emptyDay(), revision: 0 })
    const revision = await owner.write(shopId, DATE, origin, { day, revision: 0 })
    expect(await owner.read(shopId, DATE, origin)).to.deep.equal({ day, revision })
    expect(await codeOf(former.write(shopId, DATE, origin, { day: emptyDay(), revision }))).to.equal(
      "system.serviceUnavailable",
    )
    expect(await codeOf(former.markComplete(shopId, origin))).to.equal("system.serviceUnavailable")
    // As after a write whose answer was lost.
    const later = { ...day, seq: 9, orders: 2 }
    await owner.write(shopId, DATE, origin, { day: later, revision: 0 })
    expect((await former.read(shopId, DATE, origin)).day).to.deep.equal(later)
  })

  it("stores nothing of a log that is not there any more", async () => {
    const shopId = randomUUID()
    const store = await storeOf("owner")
    const old = { ...origin, log: "2025-01-01T00:00:00Z" }
    expect(await codeOf(store.write(shopId, DATE, old, { day: emptyDay(), revision: 0 }))).to.equal(
      "system.serviceUnavailable",
    )
    expect(await codeOf(store.markComplete(shopId, old))).to.equal("system.serviceUnavailable")
  })

  it("knows for which log and zone the days of a shop are complete", async () => {
    const shopId = randomUUID()
    const store = await storeOf("owner")
    expect(await store.isComplete(shopId, origin)).to.equal(false)
    await store.markComplete(shopId, origin)
    expect(await store.isComplete(shopId, origin)).to.equal(true)
    expect(await store.isComplete(shopId, { ...origin, zone: "Europe/Berlin" })).to.equal(false)
    expect(await store.isComplete(shopId, { ...origin, log: "another" })).to.equal(false)
    expect(await store.isComplete(randomUUID(), origin)).to.equal(false)
  })
})
