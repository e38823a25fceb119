import { expect } from "chai"
import { isSessionId } from "../../../service/schemas/session-id.ts"
import { invitationIn, inviteUrl, newSessionId, withoutInvite } from "../../../web/storefront/invite.ts"

describe("the invite link", () => {
  const page = "https://shop.example/fruit?page_id=5&buddyshoppingId=old&buddyshoppingInvite=old#!/apples"
  const plain = { sessionId: "abc", invite: undefined }

  it("is the page's address with buddyshoppingId, as POST /sessions makes it, without what follows a #", () => {
    expect(inviteUrl(page, plain)).to.equal("https://shop.example/fruit?page_id=5&buddyshoppingId=abc")
    expect(invitationIn(inviteUrl(page, plain))).to.deep.equal(plain)
  })

  it("has the host's invitation with it, when there is one", () => {
    const limited = { sessionId: "abc", invite: "a_b-c.d" }
    const url = inviteUrl(page, limited)
    expect(url).to.equal("https://shop.example/fruit?page_id=5&buddyshoppingId=abc&buddyshoppingInvite=a_b-c.d")
    expect(invitationIn(url)).to.deep.equal(limited)
  })

  it("works for the ids of old storefronts, which may have a ~", () => {
    const old = { sessionId: "V1~StGXR8_Z5j~HiNmb~", invite: undefined }
    expect(invitationIn(inviteUrl(page, old))).to.deep.equal(old)
    expect(invitationIn("https://shop.example/?buddyshoppingId=V1~StGXR8_Z5j~HiNmb~")).to.deep.equal(old)
  })

  it("invites to nothing without a session id", () => {
    for (const query of ["", "?buddyshoppingId=", "?buddyshoppingId=a%2Fb", `?buddyshoppingId=${"x".repeat(65)}`]) {
      expect(invitationIn(`https://shop.example/${query}`), query).to.equal(undefined)
    }
  })

  it("can be taken out of the address again, and nothing else with it", () => {
    expect(withoutInvite(page)).to.equal("https://shop.example/fruit?page_id=5#!/apples")
  })
})

describe("newSessionId", () => {
  it("gives another session id each time", () => {
    const ids = new Set(Array.from({ length: 100 }, newSessionId))
    expect(ids.size).to.equal(100)
    for (const id of ids) expect(id).to.satisfy(isSessionId).and.have.length(22)
  })
})
