import { expect } from "chai"
import { isEarlier, numberedReply, readRequestNumber } from "../src/request-number.ts"

const reply = (number: number, requester = "_INBOX.a"): string => `${requester}.${numberedReply(number)}`

describe("readRequestNumber()", () => {
  it("reads what numberedReply() writes, and nothing else", () => {
    expect(readRequestNumber(reply(123_456))).to.deep.equal({ requester: "_INBOX.a", number: 123_456 })
    for (const subject of ["", "n-1", "_INBOX.n-", "_INBOX.n-A", "_INBOX.a.1b", "_INBOX.n-1.x"])
      expect(readRequestNumber(subject), subject).to.equal(undefined)
  })
})

describe("isEarlier()", () => {
  const isEarlierThan = (one: string, other: string): boolean =>
    isEarlier(readRequestNumber(one), readRequestNumber(other))

  it("compares the requests of one requester", () => {
    expect(isEarlierThan(reply(36), reply(37))).to.equal(true)
    expect(isEarlierThan(reply(37), reply(37))).to.equal(false)
    expect(isEarlierThan(reply(100), reply(37))).to.equal(false)
  })

  it("is false for different requesters, and without numbers", () => {
    expect(isEarlierThan(reply(1, "_INBOX.b"), reply(2))).to.equal(false)
    expect(isEarlierThan("_INBOX.a.1", reply(2))).to.equal(false)
    expect(isEarlierThan(reply(1), "_INBOX.a.2")).to.equal(false)
  })
})
