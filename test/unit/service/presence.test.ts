import { expect } from "chai"
import { Presence } from "../../../service/session/presence.ts"

const times = { leaseMs: 15, hiddenLeaseMs: 90, hideMs: 2, absenceMs: 30 }
const nobody = { silent: [], cutOff: [], lost: [], hidden: [], out: [] }

describe("Presence", () => {
  let now = 0
  let presence: Presence

  beforeEach(() => {
    now = 1000
    presence = new Presence(times, () => now)
    presence.note("s", [
      { id: "a", cid: "conn-a" },
      { id: "b", cid: undefined },
    ])
  })

  it("finds connections silent after their lease, and lost after a longer one however alive they are", () => {
    now += 15
    expect(presence.overdue("s").silent).to.deep.equal([])
    now += 1
    expect(presence.overdue("s").silent).to.deep.equal(["conn-a"])
    presence.proved("s", "conn-a")
    expect(presence.overdue("s").silent).to.deep.equal([])
    now += 75
    expect(presence.overdue("s")).to.deep.include({ silent: [], lost: ["conn-a"] })
    presence.called("s", "conn-a")
    expect(presence.overdue("s")).to.deep.include({ silent: [], lost: [] })
  })

  it("asks about a connection that was not found alive, as long as its member is absent because of that", () => {
    now += 16
    const absent = [{ id: "a", cid: undefined, lostCid: "conn-a" }]
    presence.note("s", absent)
    presence.wasCutOff("s", "conn-b", absent)
    expect(presence.overdue("s").cutOff).to.deep.equal([])
    presence.wasCutOff("s", "conn-a", absent)
    now += 1
    presence.note("s", absent)
    expect(presence.overdue("s").cutOff).to.deep.equal(["conn-a"])
    presence.note("s", [{ id: "a", cid: "conn-a" }])
    expect(presence.overdue("s").cutOff).to.deep.equal([])
  })

  it("finds absent members to hide, and later those who are out", () => {
    expect(presence.overdue("s")).to.deep.equal(nobody)
    now += 3
    expect(presence.overdue("s")).to.deep.include({ hidden: ["b"], out: [] })
    now += 28
    expect(presence.overdue("s").out).to.deep.equal(["b"])
  })

  it("begins anew with another connection, and forgets who is not a member any more", () => {
    now += 10
    presence.note("s", [
      { id: "a", cid: "conn-a" },
      { id: "b", cid: "conn-b" },
    ])
    now += 6
    expect(presence.overdue("s")).to.deep.equal({ ...nobody, silent: ["conn-a"] })
    presence.note("s", [{ id: "b", cid: "conn-b" }])
    expect(presence.overdue("s")).to.deep.equal(nobody)
    expect(presence.size).to.equal(1)
  })

  it("gives all their whole time again after one in which nobody could be heard", () => {
    now += 1000
    presence.restart()
    expect(presence.overdue("s")).to.deep.equal(nobody)
    expect(presence.isHeard("s", "conn-a")).to.equal(true)
  })

  it("keeps nothing of connections that speak for no member, or of sessions that are not loaded", () => {
    for (let n = 0; n < 1000; n++) {
      presence.called("s", `made-up-${n}`)
      presence.called(`made-up-${n}`, "conn-a")
      presence.proved(`made-up-${n}`, `made-up-${n}`)
    }
    expect(presence.size).to.equal(2)
    expect(presence.isHeard("s", "made-up-1")).to.equal(false)
    presence.note("other", [{ id: "c", cid: "conn-c" }])
    presence.keepOnly(new Map([["other", {}]]))
    expect(presence.size).to.equal(1)
    presence.note("other", [])
    expect(presence.size).to.equal(0)
  })
})
