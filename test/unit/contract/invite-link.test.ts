import { expect } from "chai"
import fc from "fast-check"
import { invitationIn, inviteUrl, withoutInvite } from "../../../contract/invite-link.ts"

describe("the invite link", () => {
  const page = "https://shop.example/fruit?page_id=5&buddyshoppingId=old&buddyshoppingInvite=old#!/apples"
  const plain = { sessionId: "abc", invite: undefined }

  it("is the page's address with buddyshoppingId, as POST /sessions makes it", () => {
    expect(inviteUrl(page, plain)).to.equal("https://shop.example/fruit?page_id=5&buddyshoppingId=abc#!/apples")
    expect(invitationIn(inviteUrl(page, plain))).to.deep.equal(plain)
  })

  it("has the host's invitation with it, when there is one", () => {
    const limited = { sessionId: "abc", invite: "a_b-c.d" }
    const url = inviteUrl(page, limited)
    expect(url).to.equal(
      "https://shop.example/fruit?page_id=5&buddyshoppingId=abc&buddyshoppingInvite=a_b-c.d#!/apples",
    )
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

  const addresses = [
    ["https://shop.example/index.php?/category/12", "&"],
    ["https://shop.example/?q=%E4&x=a+b", "&"],
    ["https://shop.example/?x=~*()'!&y", "&"],
    ["https://shop.example/a%2fb?&&=&", "&"],
    ["https://shop.example/?", "&"],
    ["https://shop.example", "?"],
    ["https://shop.example/?a;b=1", "&"],
  ] as const
  for (const [address, separator] of addresses) {
    for (const fragment of ["", "#!/fruit?buddyshoppingId=no"]) {
      it(`leaves ${address}${fragment} as it is but for the one parameter`, () => {
        const invited = inviteUrl(`${address}${fragment}`, plain)
        expect(invited).to.equal(`${address}${separator}buddyshoppingId=abc${fragment}`)
        expect(withoutInvite(invited)).to.equal(`${address}${fragment}`)
      })
    }
  }

  it("takes out an invitation whose name is written otherwise", () => {
    expect(withoutInvite("https://shop.example/?a&buddy%73hoppingId=b&c")).to.equal("https://shop.example/?a&c")
  })

  it("[property] is added and taken out, and every other byte of any address stays", () => {
    const piece = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."aZ9%E4=+~*()/:;,@!$'[]{}|.-_") }),
      fc.webQueryParameters().map((query) => query.replaceAll("&", "")),
    )
    const query = fc.option(
      fc.array(piece, { minLength: 1 }).map((pieces) => `?${pieces.join("&")}`),
      { nil: "" },
    )
    const fragment = fc.option(
      fc.string({ unit: fc.constantFrom(..."ab/?&=#!%") }).map((text) => `#${text}`),
      { nil: "" },
    )
    const invitation = fc.record({
      sessionId: fc.stringMatching(/^[A-Za-z0-9_~-]{1,64}$/),
      invite: fc.option(fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.webPath(), query, fragment, invitation, invitation, (path, search, hash, first, second) => {
        const before = `https://shop.example${path}${search}`
        const invited = inviteUrl(`${before}${hash}`, first)
        expect(invited.startsWith(before) && invited.endsWith(hash), invited).to.equal(true)
        expect(invitationIn(invited)).to.deep.equal(first)
        expect(withoutInvite(invited)).to.equal(`${before}${hash}`)
        expect(inviteUrl(invited, second)).to.equal(inviteUrl(`${before}${hash}`, second))
      }),
      { numRuns: 500 },
    )
  })
})
