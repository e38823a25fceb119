import { jetstream } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { startNats, type TestNats } from "../../../test/helpers/nats.ts"
import { PATIENCE_MS, until } from "../../../test/helpers/until.ts"
import { WatchedNames } from "../../src/sharding/watched-names.ts"
import { atTime } from "./at-time.ts"

const MINUTE_MS = 60_000
const RESET_INTERVAL_MS = 15 * MINUTE_MS
const NONE = { toReset: [], toUnload: [] }
/** A time that is not over, however long the test has taken until then. */
const MARGIN_MS = MINUTE_MS / 2

describe("WatchedNames on nats-server", () => {
  let natsServer: TestNats
  let nats: NatsConnection
  let kv: KV
  let buckets = 0

  before(async () => {
    natsServer = await startNats()
    nats = await connect({ servers: natsServer.url })
  })

  beforeEach(async () => {
    const options = { history: 1, markerTTL: MINUTE_MS, allow_direct: false }
    kv = await new Kvm(jetstream(nats, { timeout: PATIENCE_MS })).create(`watched-${buckets++}`, options)
  })

  after(async () => {
    await nats?.close()
    await natsServer?.stop()
  })

  /** The names that the next owner of shards finds. */
  const found = async (...shards: readonly number[]): Promise<string[]> =>
    [...(await new WatchedNames(kv).read(shards))].toSorted()
  const sweptAt = (laterMs: number, names: WatchedNames, isDisturbed = false) =>
    atTime(laterMs, () => names.sweep(isDisturbed))

  it("has stored a name when its get may be answered, and knows it from then on", async () => {
    const names = new WatchedNames(kv)
    await names.got(1, "library.shelf.1")
    expect(await found(1)).to.deep.equal(["library.shelf.1"])
    expect(names.got(1, "library.shelf.1")).to.equal(undefined)
    expect(names.all).to.deep.equal(["library.shelf.1"])
  })

  it("lets all gets of a name wait for one write", async () => {
    const names = new WatchedNames(kv)
    const gets = [names.got(1, "library.shelf.1"), names.got(1, "library.shelf.1")]
    expect(gets[0]).to.be.instanceOf(Promise)
    expect(gets[1]).to.equal(gets[0])
    await Promise.all(gets)
  })

  it("reads the names of the given shards only", async () => {
    const names = new WatchedNames(kv)
    for (let i = 0; i < 30; i++) await names.got(i % 3, `library.shelf.${i}`)
    expect(await found(0)).to.have.length(10)
    expect(await found(0, 2)).to.have.length(20)
    expect(await found(3)).to.deep.equal([])
    const own = new WatchedNames(kv)
    await own.read([1])
    expect(own.all).to.have.length(10)
  })

  it("leaves no key behind of reading", async () => {
    await found(1)
    const keys: string[] = []
    for await (const key of await kv.keys()) keys.push(key)
    expect(keys).to.deep.equal([])
  })

  it("keeps names with any characters apart", async () => {
    const odd = ["a~b", "a=7eb", "a-b_c", "A.b", "a b", "a/b", "é", "€", "日本.語", "a😀b", "a$b", "%25"]
    const names = new WatchedNames(kv)
    for (const name of odd) await names.got(1, name)
    expect(await found(1)).to.deep.equal(odd.toSorted())
  })

  it("stores a name again that an earlier owner has stored: it may have begun to delete it", async () => {
    const earlier = new WatchedNames(kv)
    await earlier.got(1, "library.shelf.1")
    const next = new WatchedNames(kv)
    await next.read([1])
    const stored = next.got(1, "library.shelf.1")
    expect(stored).to.be.instanceOf(Promise)
    await stored
    // The earlier owner does not know that it is no owner any more, and finds that nobody gets the name.
    expect((await sweptAt(RESET_INTERVAL_MS, earlier)).toReset).to.deep.equal(["library.shelf.1"])
    const late = await sweptAt(RESET_INTERVAL_MS + MINUTE_MS, earlier)
    expect(late.toUnload).to.deep.equal(["library.shelf.1"])
    await nats.flush()
    await kv.put("order", "")
    expect(await found(1)).to.deep.equal(["library.shelf.1"])
  })

  it("resets a name each 15 minutes, and unloads and removes it when nobody gets it within a minute after", async () => {
    const names = new WatchedNames(kv)
    await names.got(1, "library.shelf.left")
    await names.got(1, "library.shelf.watched")
    expect(await sweptAt(RESET_INTERVAL_MS - MARGIN_MS, names)).to.deep.equal(NONE)
    const { toReset, toUnload } = await sweptAt(RESET_INTERVAL_MS, names)
    expect(toReset).to.have.members(["library.shelf.left", "library.shelf.watched"])
    expect(toUnload).to.deep.equal([])
    void names.got(1, "library.shelf.watched")
    expect(await sweptAt(RESET_INTERVAL_MS + MINUTE_MS - MARGIN_MS, names)).to.deep.equal(NONE)
    const last = await sweptAt(RESET_INTERVAL_MS + MINUTE_MS, names)
    expect(last).to.deep.equal({ toReset: [], toUnload: ["library.shelf.left"] })
    expect(names.all).to.deep.equal(["library.shelf.watched"])
    await until("its key to be removed", async () => (await found(1)).join() === "library.shelf.watched")
    expect(await sweptAt(2 * RESET_INTERVAL_MS, names)).to.deep.equal({
      toReset: ["library.shelf.watched"],
      toUnload: [],
    })
  })

  it("unloads what it has read and nobody gets, and keeps what is got", async () => {
    const earlier = new WatchedNames(kv)
    for (const id of ["left", "watched"]) await earlier.got(1, `library.shelf.${id}`)
    const names = new WatchedNames(kv)
    await names.read([1])
    await names.got(1, "library.shelf.watched")
    expect(await sweptAt(MINUTE_MS, names)).to.deep.equal({ toReset: [], toUnload: ["library.shelf.left"] })
    await until("its key to be removed", async () => (await found(1)).join() === "library.shelf.watched")
  })

  it("unloads nothing while gets may be lost, nor within a minute after", async () => {
    await new WatchedNames(kv).got(1, "library.shelf.1")
    const names = new WatchedNames(kv)
    await names.read([1])
    expect(await sweptAt(2 * MINUTE_MS, names, true)).to.deep.equal(NONE)
    expect(await sweptAt(3 * MINUTE_MS - MARGIN_MS, names)).to.deep.equal(NONE)
    expect((await sweptAt(3 * MINUTE_MS, names)).toUnload).to.deep.equal(["library.shelf.1"])
  })

  it("stores a name again that is got right after it was unloaded", async () => {
    const names = new WatchedNames(kv)
    await names.got(1, "library.shelf.1")
    await sweptAt(RESET_INTERVAL_MS, names)
    expect((await sweptAt(RESET_INTERVAL_MS + MINUTE_MS, names)).toUnload).to.have.length(1)
    await names.got(1, "library.shelf.1")
    expect(await found(1)).to.deep.equal(["library.shelf.1"])
  })

  it("forgets the names of shards that it gives away; they stay stored", async () => {
    const names = new WatchedNames(kv)
    for (const shard of [1, 2]) await names.got(shard, `library.shelf.${shard}`)
    expect(names.release(new Set([2]))).to.deep.equal(["library.shelf.2"])
    expect(names.all).to.deep.equal(["library.shelf.1"])
    expect(await found(2)).to.deep.equal(["library.shelf.2"])
  })

  it("rejects with system.serviceUnavailable when JetStream does not store a name, and tries again at the next get", async () => {
    const other = await connect({ servers: natsServer.url })
    const closed = new WatchedNames(
      await new Kvm(jetstream(other, { timeout: PATIENCE_MS })).open(`watched-${buckets - 1}`),
    )
    await other.close()
    for (let i = 0; i < 2; i++) {
      const refused = await closed.got(1, "library.shelf.1")?.catch((error: { code: string }) => error.code)
      expect(refused).to.equal("system.serviceUnavailable")
    }
  })
})
