import { expect } from "chai"
import { silentLogger } from "res-service"
import { SNAPSHOT_EVERY, SnapshotKeeper } from "../../../../service/store/snapshot-keeper.ts"
import { until } from "../../../helpers/until.ts"

describe("SnapshotKeeper", () => {
  const saved: string[] = []
  let failing = new Set<string>()
  let keeper: SnapshotKeeper

  beforeEach(() => {
    saved.length = 0
    failing = new Set()
    keeper = new SnapshotKeeper(async (shopId) => {
      saved.push(shopId)
      if (failing.delete(shopId)) throw new Error("cannot be stored")
    }, silentLogger)
  })

  afterEach(() => keeper.stop())

  const count = (shopId: string, times: number): void => {
    for (let i = 0; i < times; i++) keeper.count(shopId)
  }

  it("has a snapshot stored after every 1,000 records of a shop, one after the other", async () => {
    count("a", SNAPSHOT_EVERY - 1)
    count("b", SNAPSHOT_EVERY)
    count("c", SNAPSHOT_EVERY)
    expect(saved).to.deep.equal(["b"])
    await until("the next one", () => saved.length === 2)
    expect(saved).to.deep.equal(["b", "c"])
    count("a", 1)
    await until("the last one", () => saved.length === 3)
    expect(saved).to.deep.equal(["b", "c", "a"])
  })

  it("has a snapshot stored six hours after a record, however few there are, once, and of no shop that it must forget", async () => {
    const begin = Date.now()
    const hours = (count: number): number => begin + count * 3_600_000
    count("a", 1)
    count("b", 1)
    keeper.passTime(hours(5.9))
    count("a", 1)
    keeper.forgetWhere((shopId) => shopId === "b")
    await until("none", () => saved.length === 0)
    keeper.passTime(hours(6.1))
    await until("the snapshot", () => saved.length > 0)
    keeper.passTime(hours(12.2))
    await keeper.stop()
    expect(saved).to.deep.equal(["a"])
  })

  it("stores nothing of a shop that it must forget before its turn", async () => {
    for (const shopId of ["a", "b", "c"]) keeper.request(shopId)
    keeper.forgetWhere((shopId) => shopId === "b")
    await until("the last one", () => saved.includes("c"))
    expect(saved).to.deep.equal(["a", "c"])
  })

  it("stores once what is asked for often while it waits", async () => {
    keeper.request("a")
    for (let i = 0; i < 10; i++) keeper.request("b")
    await until("both", () => saved.length === 2)
    expect(saved).to.deep.equal(["a", "b"])
  })

  it("goes on after one that could not be stored", async () => {
    failing.add("a")
    keeper.request("a")
    keeper.request("b")
    await until("the other one", () => saved.length === 2)
    keeper.request("a")
    await until("the first one again", () => saved.length === 3)
    expect(saved).to.deep.equal(["a", "b", "a"])
  })

  it("counts 20,000 shops at most, and forgets those that had nothing for longest", async () => {
    count("quiet", SNAPSHOT_EVERY - 1)
    count("busy", SNAPSHOT_EVERY - 1)
    for (let i = 0; i < 19_999; i++) keeper.count(`shop-${i}`)
    for (const shopId of ["busy", "quiet"]) count(shopId, 1)
    keeper.request("another")
    await until("the next one", () => saved.length === 2)
    expect(saved).to.deep.equal(["busy", "another"])
  })

  it("stores nothing any more once it is stopped", async () => {
    keeper.request("a")
    keeper.request("b")
    await keeper.stop()
    keeper.request("c")
    expect(saved).to.deep.equal(["a"])
  })
})
