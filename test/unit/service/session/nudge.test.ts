import { expect } from "chai"
import { memberModels } from "../../../../service/session/member-models.ts"
import { NUDGE_PAUSE_MS } from "../../../../service/session/nudge.ts"
import {
  beginCheckout,
  join,
  laterThan,
  link,
  nudge,
  ready,
  refusal,
  sessionAfter,
  start,
} from "../../../helpers/session-commands.ts"

const nudgeOfB = (...commands: Parameters<typeof sessionAfter>): string => {
  const { nudged_by, nudged_at } = memberModels(sessionAfter(start("a"), join("b"), ...commands))[1] ?? {}
  return `${nudged_by} ${nudged_at === null ? null : Date.parse(nudged_at ?? "")}`
}

describe("nudge", () => {
  it("asks a member who is not ready, and shows who asked and when", () => {
    expect(nudgeOfB()).to.equal("null null")
    expect(nudgeOfB(nudge("a", "b", 5))).to.equal("a 5")
  })

  it("does nothing to a member who is ready, and becoming ready answers it", () => {
    expect(nudgeOfB(ready("b"), nudge("a", "b", 5))).to.equal("null null")
    expect(nudgeOfB(nudge("a", "b", 5), ready("b"), ready("b", false))).to.equal("null null")
  })

  it("asks again only after a pause", () => {
    expect(nudgeOfB(nudge("a", "b", 5), nudge("a", "b", 4 + NUDGE_PAUSE_MS))).to.equal("a 5")
    expect(nudgeOfB(nudge("a", "b", 5), nudge("a", "b", 5 + NUDGE_PAUSE_MS))).to.equal(`a ${5 + NUDGE_PAUSE_MS}`)
  })

  it("is refused for oneself, for a member in the shop, for whoever is no member, and during a checkout", () => {
    const two = sessionAfter(start("a"), join("b"))
    const basket = { shop_id: "shop", session_id: "basket" }
    expect(refusal(two, nudge("a", "a"))).to.equal("session.cannotAnswer")
    expect(refusal(laterThan(two, link("s", basket)), nudge("a", "s"))).to.equal("session.cannotAnswer")
    expect(refusal(two, nudge("a", "x"))).to.equal("session.notMember")
    const paying = laterThan(two, ready("b"), ready("a"), beginCheckout("b"))
    expect(refusal(paying, nudge("a", "b"))).to.equal("session.checkingOut")
  })
})
