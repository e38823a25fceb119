import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { resources } from "../../../contract/resources.ts"
import { multicart } from "../../../contract/session.ts"
import { basket, event, feed } from "../../../contract/store.ts"

describe("the contracts of the product", () => {
  it("are listed each once, and each says itself as JSON", () => {
    const patterns = resources.map(({ pattern }) => pattern.source)
    expect(patterns)
      .to.have.length(new Set(patterns).size)
      .and.to.include.members(["store.$shop_id.feed", "session.$id.multicart", "shopwire.auth"])
    for (const contract of resources) {
      const said = contract.describe()
      expect(JSON.parse(JSON.stringify(said)), said.pattern).to.deep.equal(said)
    }
    const { calls, events } = feed.describe()
    expect(Object.keys(calls)).to.deep.equal(["publish", "read"])
    expect(Object.keys(events)).to.deep.equal(["erased"])
    expect(calls.publish?.errors).to.include("store.shopMismatch")
  })

  it("own the names of shops, baskets, events and sessions in their one spelling", () => {
    const id = randomUUID()
    expect(feed.match(`store.${id}.feed`)).to.deep.equal({ shop_id: id })
    expect(feed.match(`store.${id.toUpperCase()}.feed`)).to.equal(undefined)
    expect(feed.match(`store.${id.replaceAll("-", "")}.feed`)).to.equal(undefined)
    expect(basket.match(`store.${id}.basket.other`)).to.equal(undefined)
    expect(event.match(`store.${id}.event.7`)).to.deep.equal({ shop_id: id, seq: "7" })
    for (const seq of ["0", "07", "1e3", "1234567890123456"])
      expect(event.match(`store.${id}.event.${seq}`)).to.equal(undefined)
    expect(multicart.match("session.a~b_C-1.multicart")).to.deep.equal({ id: "a~b_C-1" })
    expect(multicart.match(`session.${"a".repeat(65)}.multicart`)).to.equal(undefined)
  })
})
