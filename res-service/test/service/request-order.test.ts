import { expect } from "chai"
import { numberedReply, readRequestNumber } from "../../src/request-number.ts"
import { RequestOrder } from "../../src/service/request-order.ts"

const reply = (number: number, requester = "_INBOX.a"): string => `${requester}.${numberedReply(number)}`

describe("RequestOrder", () => {
  it("finds a request outdated when a later one of the same requester was asked about before", () => {
    const order = new RequestOrder()
    const asked = [1, 3, 2, 3, 37, 36, 38].map((number) => order.isOutdated("key", reply(number)))
    expect(asked).to.deep.equal([false, false, true, false, false, true, false])
  })

  it("tells keys and requesters apart", () => {
    const order = new RequestOrder()
    order.isOutdated("key", reply(5))
    expect(order.isOutdated("other", reply(4))).to.equal(false)
    expect(order.isOutdated("key", reply(4, "_INBOX.b"))).to.equal(false)
  })

  it("knows nothing of requests without a number", () => {
    const order = new RequestOrder()
    expect(["_INBOX.a.5", "_INBOX.a.4", "a"].map((subject) => order.isOutdated("key", subject))).to.deep.equal([
      false,
      false,
      false,
    ])
  })

  it("forgets the key that was asked about least recently", () => {
    const order = new RequestOrder()
    for (let i = 0; i < 20_000; i++) order.isOutdated(`key ${i}`, reply(2))
    expect(order.isOutdated("key 19999", reply(1))).to.equal(true)
    expect(order.isOutdated("key 0", reply(1))).to.equal(false)
  })
})

describe("readRequestNumber()", () => {
  it("reads what numberedReply() writes, and nothing else", () => {
    expect(readRequestNumber(reply(123_456))).to.deep.equal({ requester: "_INBOX.a", number: 123_456 })
    for (const subject of ["", "n-1", "_INBOX.n-", "_INBOX.n-A", "_INBOX.a.1b", "_INBOX.n-1.x"])
      expect(readRequestNumber(subject), subject).to.equal(undefined)
  })
})
